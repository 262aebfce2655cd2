docker ps --all --filter label=project=$PROJECT --filter status=exited --filter status=created --format '{{.Names}}' > leftovers.txt
docker rm $(cat leftovers.txt)
docker rmi $(docker images --quiet --filter label=project=$PROJECT)
docker tag busybox:1.37 dd-tool:1.0
