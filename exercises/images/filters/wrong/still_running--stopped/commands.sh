docker ps --all --filter label=project=$PROJECT --filter status=exited --filter status=created --format '{{.Names}}' > leftovers.txt
docker stop --time 0 $(docker ps --quiet)
timeout 20 sh -c 'until [ -z "$(docker ps --quiet)" ]; do sleep 0.1; done'
docker rm $(docker ps --all --quiet --filter label=project=$PROJECT --filter status=exited --filter status=created)
docker rmi $(docker images --quiet --filter label=project=$PROJECT --filter dangling=true)
