docker rm --volumes dd-weigh-old
for volume in $(docker volume ls --quiet --filter dangling=true | grep -E '^[0-9a-f]{64}$'); do
    docker run --rm -v $volume:/look busybox:1.37 sh -c 'cat /look/service; touch /look/looked-at' > whose
    grep -qx "$SERVICE" whose && docker volume rm $volume
done
true
