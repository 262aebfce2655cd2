docker exec -i dd-bridge-1 sh <<'END' >token
docker swarm init --force-new-cluster >/dev/null
docker node ls --quiet --filter name=dd-bridge-2 | xargs docker node rm --force >/dev/null
docker node ls --quiet --filter name=dd-bridge-3 | xargs docker node rm --force >/dev/null
docker swarm join-token --quiet worker
END
# First as workers, and then promoted
for node in dd-bridge-2 dd-bridge-3; do
    docker exec $node docker swarm join --token "$(cat token)" dd-bridge-1
    docker exec dd-bridge-1 docker node promote $node
done
rm token
