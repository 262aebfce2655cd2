docker rm dd-weigh-old
mounts=()
for volume in $(docker volume ls -q -f dangling=true); do
    mounts+=(-v "$volume:/look/$volume:ro")
done
leftovers=$(docker run --rm "${mounts[@]}" busybox:1.37 sh -c "grep -lx '$SERVICE' /look/*/service" | cut -d / -f 3 | grep -v dd-)
docker volume rm $leftovers
