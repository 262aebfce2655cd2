docker network create dd-pier
docker run --detach --name dd-refunds --network dd-pier dd-counter:0.9
for number in 1 2 3; do
    docker run --detach --name dd-counter-$number --network dd-pier --network-alias tickets dd-counter:1.0
done
docker run --detach --name dd-hall --network dd-pier --env COUNTERS=tickets --env KEEP=0 dd-hall:1.0
