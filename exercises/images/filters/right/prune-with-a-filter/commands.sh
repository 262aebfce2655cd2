docker container ls -a -f "label=project=$PROJECT" -f status=created -f status=exited -f status=dead --format "{{.Names}}" | sort | tee leftovers.txt
docker container prune --force --filter "label=project=$PROJECT"
docker image prune --force --filter "label=project=$PROJECT"
