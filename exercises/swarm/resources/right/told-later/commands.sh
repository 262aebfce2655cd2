docker swarm init --advertise-addr 127.0.0.1
part() { awk "BEGIN { print $1 * $(docker info --format '{{.NCPU}}') }"; }
docker service create --detach --no-resolve-image --name dd-press --limit-cpu 1 dd-press:1.0
docker service update --detach --no-resolve-image --reserve-cpu "$(part 0.3)" --reserve-memory 16m --limit-memory 64m dd-press
docker service scale --detach dd-press=3
docker service create --detach --no-resolve-image --name dd-ledger --mode replicated-job --replicas 3 --max-concurrent 1 dd-press:1.0 sh /ledger
docker service rm dd-ledger
docker service create --detach --no-resolve-image --name dd-ledger --mode replicated-job --replicas 2 --max-concurrent 1 dd-press:1.0 sh /ledger
