# What is there? A look changes nothing.
docker ps --all --filter name=dd-tally --format 'table {{.Names}}\t{{.Image}}\t{{.Status}}'
docker logs dd-tally
docker exec dd-tally tally dump

# Finish the upgrade.
