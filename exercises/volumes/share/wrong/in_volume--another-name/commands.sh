docker run -d --name dd-gauge -v dd-level:/gauge busybox:1.37 sh -c 'while date > /gauge/level.txt; do sleep 1; done'
docker run -d --name dd-display -v dd-level:/usr/share/nginx/html:ro nginx:1.26
