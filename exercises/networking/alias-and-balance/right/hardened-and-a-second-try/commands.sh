docker network create --internal --subnet 172.30.243.0/24 dd-pier
docker run -d --name dd-refunds --network dd-pier dd-counter:0.9
docker run -d --name dd-hall --network dd-pier --user 1042 --cap-drop ALL --read-only -e COUNTERS=tickets.dd-pier -e KEEP=0 dd-hall:1.0
for number in 1 2 3; do
    docker run -d --name dd-counter-$number --network dd-pier --network-alias counter-$number --user 1042 --cap-drop ALL dd-counter:1.0
done
# The names were three. Once more, with an address of its own for one of them
for number in 1 2 3; do docker network disconnect dd-pier dd-counter-$number; done
docker network connect --alias counter-1 --alias tickets --ip 172.30.243.77 dd-pier dd-counter-1
docker network connect --alias tickets dd-pier dd-counter-2
docker network connect --alias tickets --alias counter-3 dd-pier dd-counter-3
