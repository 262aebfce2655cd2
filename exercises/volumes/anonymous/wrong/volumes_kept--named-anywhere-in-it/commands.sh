docker rm --volumes dd-weigh-old
for volume in $(docker volume ls --quiet --filter dangling=true | grep -E '^[0-9a-f]{64}$'); do
    docker run --rm -v $volume:/look:ro busybox:1.37 grep -rqx "$SERVICE" /look && docker volume rm $volume
done
