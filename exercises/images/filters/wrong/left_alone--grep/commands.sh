docker ps --all --filter label=project=$PROJECT --filter status=exited --filter status=created --format '{{.Names}}' > leftovers.txt
docker rm $(docker ps --all --format "{{.Names}} {{.Labels}}" | grep "project=$PROJECT" | cut -d " " -f 1)
docker rmi $(docker images --quiet --filter label=project=$PROJECT --filter dangling=true)
