echo "SERVICE=$SERVICE"

# What is there? A look changes nothing.
docker ps --all --filter name=dd-weigh --format 'table {{.Names}}\t{{.Status}}\t{{.Mounts}}'
docker volume ls --filter dangling=true

# Remove the container that has ended, and then the leftovers.
