docker volume create dd-notices
docker run --rm --volume "$PWD/dd-notices:/from:ro" --volume dd-notices:/to busybox:1.37 cp -r /from/. /to
docker run --detach --name dd-board --publish 127.0.0.1::80 --volume dd-notices:/usr/share/nginx/html:ro nginx:1.26
