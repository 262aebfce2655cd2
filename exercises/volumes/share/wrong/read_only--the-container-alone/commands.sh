docker run -d --name dd-gauge -v dd-levels:/gauge busybox:1.37 sh -c 'while date > /gauge/level.txt; do sleep 1; done'
docker run -d --name dd-display --read-only --tmpfs /var/cache/nginx --tmpfs /var/lib/nginx --tmpfs /run --tmpfs /var/run \
    -v dd-levels:/usr/share/nginx/html nginx:1.26
