# As it was found
docker network create dd-pier
docker run --detach --name dd-refunds --network dd-pier --network-alias tickets dd-counter:0.9
docker run --detach --name dd-hall --network dd-pier --env COUNTERS=tickets dd-hall:1.0

# Three passengers, to see what they get
for name in mary anna paul; do
    docker run --rm --network container:dd-hall busybox:1.37 wget -q -O - localhost:8080/$name
done
