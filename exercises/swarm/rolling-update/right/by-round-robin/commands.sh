docker network inspect dd-harbour || {
    docker swarm init --advertise-addr 127.0.0.1
    docker network create -d overlay --attachable dd-harbour
}
docker service create -d --no-resolve-image --name dd-tides --network dd-harbour --endpoint-mode dnsrr --init \
    --health-cmd '[ -n "$(wget -q -O - 127.0.0.1:8080/tide)" ]' --health-interval 1s --health-retries 12 \
    --update-order start-first --update-parallelism 0 --update-failure-action rollback --update-monitor 1s --rollback-monitor 1s dd-tides:1.0
