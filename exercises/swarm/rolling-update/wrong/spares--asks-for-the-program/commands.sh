docker swarm init --advertise-addr 127.0.0.1
docker network create --driver overlay --attachable dd-harbour
docker service create --detach --no-resolve-image --name dd-tides --network dd-harbour --health-cmd 'pgrep httpd' --health-interval 1s --health-retries 8 \
    --update-order start-first --update-failure-action rollback --update-monitor 9s --rollback-monitor 2s dd-tides:1.0
