docker ps --all --filter label=project=$PROJECT --filter status=exited --filter status=created --format '{{.Names}}' > leftovers.txt
docker container prune --force
docker rmi $(docker images --quiet --filter label=project=$PROJECT --filter dangling=true)
