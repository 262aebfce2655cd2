mounts=()
for file in dd-notices/*; do
    mounts+=(--volume "$PWD/$file:/usr/share/nginx/html/${file##*/}:ro")
done
docker run --detach --name dd-board --publish 127.0.0.1::80 "${mounts[@]}" nginx:1.26
