docker volume create dd-levels
mkdir -p levels
docker run -d --name dd-gauge -v "$PWD/levels:/gauge" busybox:1.37 sh -c 'while date > /gauge/level.txt; do sleep 1; done'
docker run -d --name dd-display -v "$PWD/levels:/usr/share/nginx/html:ro" nginx:1.26
