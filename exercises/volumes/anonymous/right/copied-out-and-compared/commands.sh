old=$(docker inspect -f '{{range .Mounts}}{{if eq .Destination "/spool"}}{{.Name}}{{end}}{{end}}' dd-weigh-old)
docker container rm dd-weigh-old && docker volume rm $old
printf '%s\n' "$SERVICE" > wanted
for volume in $(docker volume ls --format '{{.Name}}' --filter dangling=true | awk 'length($0) == 64'); do
    box=$(docker create --volume $volume:/box busybox:1.37)
    docker cp $box:/box/service found 2>/dev/null
    docker rm $box >/dev/null
    cmp -s wanted found && docker volume rm $volume
    rm -f found
done
