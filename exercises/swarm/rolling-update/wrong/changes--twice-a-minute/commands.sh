docker swarm init --advertise-addr 127.0.0.1
docker network create --driver overlay --attachable dd-harbour
docker service create --no-resolve-image --name dd-tides --network dd-harbour --replicas 2 \
    --health-cmd 'wget -q -O /dev/null localhost:8080/tide' --update-failure-action rollback dd-tides:1.0
