docker rm -v $(docker ps -aq --filter name=dd-weigh --filter status=exited --filter status=created)
for volume in $(docker volume ls -q -f dangling=true | grep -E '^[0-9a-f]{64}$'); do
    [ "$(docker run --rm -v $volume:/look:ro busybox:1.37 cat /look/service)" != "$SERVICE" ] || docker volume rm $volume
done
