docker rm -v dd-weigh-old
docker exec dd-weigh-now sh -c 'rm -r /spool/*'
for volume in $(docker volume ls -q -f dangling=true | grep -E '^[0-9a-f]{64}$'); do
    [ "$(docker run --rm -v $volume:/look:ro busybox:1.37 cat /look/service)" != "$SERVICE" ] || docker volume rm $volume
done
