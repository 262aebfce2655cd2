docker swarm init --advertise-addr 127.0.0.1
docker network create --driver overlay --attachable dd-harbour
docker service create --detach --no-resolve-image --name dd-tides --network dd-harbour --replicas 2 --update-delay 1h \
    --health-cmd 'wget -q -O /dev/null localhost:8080/tide' --health-interval 5s --update-failure-action rollback dd-tides:1.0
