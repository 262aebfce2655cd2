docker exec dd-bridge-1 docker swarm init --force-new-cluster >/dev/null
docker exec dd-bridge-1 docker node ls --format '{{.ID}} {{.Hostname}}' | grep -v ' dd-bridge-1$' | cut -d ' ' -f 1 | xargs docker exec dd-bridge-1 docker node rm --force
docker exec dd-bridge-1 docker service update -q -d --no-resolve-image --constraint-rm 'node.hostname!=dd-bridge-3' --replicas-max-per-node 2 dd-course
