# A swarm of this one Engine, if it is in none, and a network that others can join
docker swarm init --advertise-addr 127.0.0.1
docker network create --driver overlay --attachable dd-harbour

# A task counts when it has shown a table, the old one stays until then, and a failure is taken back
docker service create --detach --no-resolve-image --name dd-tides --network dd-harbour \
    --health-cmd 'wget -q -O /dev/null localhost:8080/tide' --health-interval 1s --health-retries 8 \
    --update-order start-first --update-failure-action rollback --update-monitor 2s --rollback-monitor 2s \
    dd-tides:1.0

# So that no bad version can come
docker tag dd-tides:1.1 dd-tides:1.2
