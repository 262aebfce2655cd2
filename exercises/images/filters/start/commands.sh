echo "PROJECT=$PROJECT"

# What is there? A look changes nothing.
docker ps --all --format 'table {{.Names}}\t{{.Status}}\t{{.Label "project"}}'

# Which containers are leftovers? Their names, one a line:
touch leftovers.txt

# Remove them, and the project's images without a name.
