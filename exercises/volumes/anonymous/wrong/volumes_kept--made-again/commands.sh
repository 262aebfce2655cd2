docker rm --volumes dd-weigh-old
docker run --rm -v dd-weigh-tickets:/from:ro busybox:1.37 tar -cf - -C /from . > tickets.tar
docker volume rm dd-weigh-tickets
for volume in $(docker volume ls --quiet --filter dangling=true | grep -E '^[0-9a-f]{64}$'); do
    [ "$(docker run --rm -v $volume:/look:ro busybox:1.37 cat /look/service)" = "$SERVICE" ] && docker volume rm $volume
done
sleep 1
docker run --rm -i -v dd-weigh-tickets:/to busybox:1.37 tar -xf - -C /to < tickets.tar
