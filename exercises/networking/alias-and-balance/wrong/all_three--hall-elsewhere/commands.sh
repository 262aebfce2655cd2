docker network create dd-pier
docker network create dd-pier-hall
docker run -d --name dd-refunds --network dd-pier-hall dd-counter:0.9
for number in 1 2 3; do
    docker run -d --name dd-counter-$number --network dd-pier --network-alias tickets dd-counter:1.0
    docker network connect dd-pier-hall dd-counter-$number
done
docker run -d --name dd-hall --network dd-pier-hall -e COUNTERS=tickets -e KEEP=0 dd-hall:1.0
