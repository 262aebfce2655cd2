docker swarm init --advertise-addr 127.0.0.1
docker network create --driver overlay --attachable dd-harbour
docker service create --detach --no-resolve-image --name dd-tides --network dd-harbour --replicas 2 --update-order start-first --update-failure-action rollback --update-monitor 2s --rollback-monitor 2s dd-tides:1.0
