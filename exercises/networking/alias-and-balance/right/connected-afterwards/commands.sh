# As it was found, then mended while all of it runs, but for the hall, whose variables only a new one can get
docker network create dd-pier
docker run -d --name dd-refunds --network dd-pier --network-alias tickets dd-counter:0.9
docker run -d --name dd-hall --network dd-pier -e COUNTERS=tickets dd-hall:1.0

docker network disconnect dd-pier dd-refunds
docker network connect dd-pier dd-refunds
for number in 1 2 3; do
    docker run -d --name dd-counter-$number dd-counter:1.0
    docker network connect --alias tickets dd-pier dd-counter-$number
done
docker rm -f dd-hall
docker run -d --name dd-hall -e COUNTERS=tickets -e KEEP=0 dd-hall:1.0
docker network connect dd-pier dd-hall
