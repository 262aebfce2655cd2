docker swarm init --advertise-addr 127.0.0.1
docker network create --driver overlay --attachable dd-harbour
docker service create --no-resolve-image --name dd-tides --network dd-harbour --no-healthcheck dd-tides:1.0
docker service update --no-resolve-image --no-healthcheck=false --health-cmd 'wget -q -O /dev/null localhost:8080/tide' --health-interval 2s \
    --health-retries 6 --update-order start-first --update-failure-action rollback --update-monitor 2s --rollback-monitor 2s dd-tides
docker service update --no-resolve-image --image dd-tides:1.1 dd-tides
