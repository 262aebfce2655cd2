docker inspect $(docker ps -aq) | jq -r --arg p "$PROJECT" ".[] | select(.Config.Labels.project == \$p and (.State.Running | not)) | .Name[1:]" > leftovers.txt
xargs docker container rm --volumes < leftovers.txt
for id in $(docker images -q); do
    docker image inspect $id | jq -e --arg p "$PROJECT" ".[0] | .Config.Labels.project == \$p and (.RepoTags | length == 0)" > /dev/null && docker rmi -f $id
done
true
