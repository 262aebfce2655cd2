docker ps --all --filter label=project=$PROJECT --filter status=exited --filter status=created --format '{{.Names}}' > leftovers.txt
docker rm $(cat leftovers.txt)
for image in $(docker images --quiet --filter label=project=$PROJECT --filter dangling=true); do docker tag $image dd-old:$image; done
