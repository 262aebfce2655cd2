# What does each of them say of itself?
for node in dd-bridge-1 dd-bridge-2 dd-bridge-3; do
    docker exec $node docker info --format "$node: {{.Swarm.LocalNodeState}}, {{len .Swarm.RemoteManagers}} managers known"
done

# Three managers again
