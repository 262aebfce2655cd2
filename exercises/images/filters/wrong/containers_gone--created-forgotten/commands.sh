docker ps --all --filter label=project=$PROJECT --filter status=exited --format '{{.Names}}' > leftovers.txt
docker rm $(cat leftovers.txt)
docker rmi $(docker images --quiet --filter label=project=$PROJECT --filter dangling=true)
