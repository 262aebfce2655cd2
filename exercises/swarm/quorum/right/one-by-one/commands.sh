docker exec dd-bridge-1 docker swarm init --force-new-cluster --advertise-addr eth0 >/dev/null
for node in dd-bridge-2 dd-bridge-3; do
    docker exec dd-bridge-1 docker swarm join-token manager | grep -- --token | xargs docker exec $node
done
# The entries of before are the ones without an Engine
for id in $(docker exec dd-bridge-1 docker node ls --format '{{.ID}} {{.Status}}' | grep -v Ready | cut -d ' ' -f 1); do
    docker exec dd-bridge-1 docker node rm --force "$id"
done
