# A swarm of this one Engine, if it is in none
docker swarm init --advertise-addr 127.0.0.1

# Three tenths of all processors for each: there is room for three. And none may use more than 64 MB.
processors=$(docker info --format '{{.NCPU}}')
docker service create --detach --no-resolve-image --name dd-press --replicas 3 \
    --reserve-cpu "$(awk "BEGIN { print 0.3 * $processors }")" --limit-memory 64m dd-press:1.0

# Two pages, one at a time
docker service create --detach --no-resolve-image --name dd-ledger --mode replicated-job --replicas 2 --max-concurrent 1 \
    dd-press:1.0 sh /ledger
