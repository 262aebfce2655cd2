names=$(docker ps --all --filter label=project=$PROJECT --filter status=exited --filter status=created --format '{{.Names}}')
echo $names > leftovers.txt
docker rm $names
docker rmi $(docker images --quiet --filter label=project=$PROJECT --filter dangling=true)
