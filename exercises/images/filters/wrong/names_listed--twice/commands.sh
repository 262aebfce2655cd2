for status in exited created exited; do
    docker ps --all --filter label=project=$PROJECT --filter status=$status --format '{{.Names}}' >> leftovers.txt
done
docker rm $(sort -u leftovers.txt)
docker rmi $(docker images --quiet --filter label=project=$PROJECT --filter dangling=true)
