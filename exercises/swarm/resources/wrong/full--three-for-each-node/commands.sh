docker swarm init --advertise-addr 127.0.0.1
docker service create --detach --no-resolve-image --name dd-press --replicas 3 --replicas-max-per-node 3 --limit-memory 64m dd-press:1.0
docker service create --detach --no-resolve-image --name dd-ledger --mode replicated-job --replicas 2 --max-concurrent 1 dd-press:1.0 sh /ledger
