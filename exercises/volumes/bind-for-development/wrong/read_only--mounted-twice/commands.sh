docker run --detach --name dd-board --publish 127.0.0.1::80 \
    --volume "$PWD/dd-notices:/usr/share/nginx/html:ro" --volume "$PWD:/desk" nginx:1.26
