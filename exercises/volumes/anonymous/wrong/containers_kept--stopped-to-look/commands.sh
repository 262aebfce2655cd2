docker stop -t 0 dd-weigh-now
docker rm -v dd-weigh-old
for volume in $(docker volume ls -q -f dangling=true | grep -E '^[0-9a-f]{64}$'); do
    [ "$(docker run --rm -v $volume:/look:ro busybox:1.37 cat /look/service)" != "$SERVICE" ] || docker volume rm $volume
done
docker start dd-weigh-now
