first() { docker exec dd-bridge-1 docker "$@"; }

# The last one goes on alone, with all that it has written down
first swarm init --force-new-cluster >/dev/null

# The two that are gone will not come back as who they were
first node ls --format '{{.ID}} {{.Hostname}}' | grep -v ' dd-bridge-1$' | cut -d ' ' -f 1 |
    xargs docker exec dd-bridge-1 docker node rm --force

# Two more managers
token=$(first swarm join-token --quiet manager)
for node in dd-bridge-2 dd-bridge-3; do
    docker exec $node docker swarm join --token "$token" dd-bridge-1:2377
done
