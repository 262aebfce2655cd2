# The display first, and able to write: it fills the volume with its own pages.
docker run -d --name dd-display -v dd-levels:/usr/share/nginx/html nginx:1.26
docker run -d --name dd-gauge -v dd-levels:/gauge -w /gauge busybox:1.37 \
    sh -c 'while date > level.txt; do sleep 1; done'
docker exec dd-gauge rm /gauge/50x.html

# Made again, read-only
docker rm -f dd-display
docker run -d --name dd-display --read-only --tmpfs /var/cache/nginx --tmpfs /var/lib/nginx --tmpfs /run --tmpfs /var/run \
    --mount type=volume,src=dd-levels,dst=/usr/share/nginx/html,readonly nginx:1.26
