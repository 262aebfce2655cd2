docker swarm init --advertise-addr 127.0.0.1
docker network create --driver overlay --attachable dd-harbour
docker service create --detach --no-resolve-image --name dd-tides --network dd-harbour --replicas 2 --endpoint-mode dnsrr \
    --health-cmd 'wget -q -O - http://127.0.0.1:8080/tide | grep tides' --health-interval 1s --health-retries 10 --stop-signal KILL \
    --update-monitor 1s --rollback-monitor 1s --update-failure-action rollback dd-tides:1.0
