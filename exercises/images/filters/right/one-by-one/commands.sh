docker ps -a --filter label=project=$PROJECT --format '{{.Names}} {{.Status}}' | grep -v ' Up ' | cut -d ' ' -f 1 > leftovers.txt
while read -r name; do docker rm "$name"; done < leftovers.txt
docker images --filter dangling=true --filter label=project=$PROJECT --format '{{.ID}}' | xargs -n 1 docker image rm
