docker rm --volumes dd-weigh-old
for volume in $(docker volume ls --quiet --filter dangling=true); do
    [ "$(docker run --rm -v $volume:/look:ro busybox:1.37 cat /look/service)" = "$SERVICE" ] && docker volume rm $volume
done
