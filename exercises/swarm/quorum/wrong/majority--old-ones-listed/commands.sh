docker exec dd-bridge-1 docker swarm init --force-new-cluster >/dev/null
token=$(docker exec dd-bridge-1 docker swarm join-token --quiet manager)
for node in dd-bridge-2 dd-bridge-3; do docker exec $node docker swarm join --token "$token" dd-bridge-1:2377; done
