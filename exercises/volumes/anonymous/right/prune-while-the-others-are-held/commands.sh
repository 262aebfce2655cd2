# What a container mounts is not pruned.
docker rm -v dd-weigh-old
keep=()
for volume in $(docker volume ls -q -f dangling=true); do
    docker run --rm --mount type=volume,src=$volume,dst=/v,readonly busybox:1.37 grep -qx "$SERVICE" /v/service && [[ $volume != dd-* ]] ||
        keep+=(--mount type=volume,src=$volume,dst=/keep/$volume)
done
docker create --name dd-hold "${keep[@]}" busybox:1.37
docker volume prune --force
docker rm dd-hold
