docker run -d --name dd-gauge -v dd-levels:/gauge busybox:1.37 sh -c 'while date > /gauge/level.txt; do sleep 1; done'
docker run -d --name dd-display -v dd-levels:/usr/share/nginx/html nginx:1.26
