docker run -d --name dd-gauge -v dd-levels:/gauge busybox:1.37 sh -c 'while date > /gauge/level.txt; do sleep 1; done'
docker exec dd-gauge sh -c 'until [ -s /gauge/level.txt ]; do usleep 50000; done'
docker run --rm -v dd-levels:/from:ro -v dd-shown:/to busybox:1.37 cp -a /from/. /to
docker run -d --name dd-display -v dd-shown:/usr/share/nginx/html:ro nginx:1.26
