docker swarm init --advertise-addr 127.0.0.1
part() { awk "BEGIN { print $1 * $(docker info --format '{{.NCPU}}') }"; }
docker service create --detach --no-resolve-image --name dd-press --replicas 3 --reserve-cpu "$(part 0.3)" --limit-memory 20m dd-press:1.0
docker service create --detach --no-resolve-image --name dd-ledger --mode replicated-job --replicas 2 --max-concurrent 1 dd-press:1.0 sh /ledger
