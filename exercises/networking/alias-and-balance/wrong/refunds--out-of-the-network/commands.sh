docker network create dd-pier
docker run -d --name dd-refunds --network dd-pier --network-alias tickets dd-counter:0.9
docker network disconnect dd-pier dd-refunds
for number in 1 2 3; do
    docker run -d --name dd-counter-$number --network dd-pier --network-alias tickets dd-counter:1.0
done
docker run -d --name dd-hall --network dd-pier -e COUNTERS=tickets -e KEEP=0 dd-hall:1.0
