docker exec dd-bridge-1 docker swarm init --force-new-cluster >/dev/null
docker exec dd-bridge-1 docker node ls --format '{{.ID}} {{.Hostname}}' | grep -v ' dd-bridge-1$' | cut -d ' ' -f 1 | xargs docker exec dd-bridge-1 docker node rm --force
token=$(docker exec dd-bridge-1 docker swarm join-token --quiet worker)
for node in dd-bridge-2 dd-bridge-3; do docker exec $node docker swarm join --token "$token" dd-bridge-1:2377; done
