docker ps --all --filter label=project=$PROJECT --filter status=exited --filter status=created --format '{{.Names}}' > leftovers.txt
docker rm --force $(docker ps --all --quiet --filter label=project=$PROJECT)
docker rmi $(docker images --quiet --filter label=project=$PROJECT --filter dangling=true)
