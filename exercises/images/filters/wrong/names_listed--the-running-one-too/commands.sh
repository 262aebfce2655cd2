docker ps --all --filter label=project=$PROJECT --format '{{.Names}}' > leftovers.txt
docker rm $(docker ps --all --quiet --filter label=project=$PROJECT --filter status=exited --filter status=created)
docker rmi $(docker images --quiet --filter label=project=$PROJECT --filter dangling=true)
