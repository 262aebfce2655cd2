# A swarm of this one Engine, if it is in none
[ "$(docker info --format '{{.Swarm.LocalNodeState}}')" = active ] || docker swarm init --advertise-addr 127.0.0.1

# A network, and three services
docker network create --driver overlay dd-office
docker service create --detach --no-resolve-image --name dd-clerks --replicas 3 --network dd-office --endpoint-mode dnsrr \
    dd-clerk:1.0
docker service create --detach --no-resolve-image --name dd-porter --mode global \
    --publish published=18496,target=8080,mode=host dd-clerk:1.0
docker service create --detach --no-resolve-image --name dd-window --replicas 2 --publish published=18497,target=8080 \
    dd-clerk:1.0
