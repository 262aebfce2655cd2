docker swarm init --advertise-addr 127.0.0.1
docker network create --driver overlay --attachable dd-harbour
docker service create --detach --no-resolve-image --name dd-tides --health-cmd 'wget -q -O /dev/null localhost:8080/tide' --health-interval 1s --health-retries 8 --update-order start-first --update-failure-action rollback dd-tides:1.0
