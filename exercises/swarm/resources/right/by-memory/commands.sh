docker swarm init --advertise-addr 127.0.0.1
third=$(($(docker node inspect self --format '{{.Description.Resources.MemoryBytes}}') / 3))
docker service create --detach --no-resolve-image --name dd-press --replicas 3 --reserve-memory $third --limit-memory 100m dd-press:1.0
docker service create --detach --no-resolve-image --name dd-ledger --mode replicated-job --replicas 2 --max-concurrent 1 dd-press:1.0 sh /ledger
