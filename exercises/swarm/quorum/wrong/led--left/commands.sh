docker exec dd-bridge-1 docker swarm leave --force
