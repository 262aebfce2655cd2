# The gauge writes into /gauge. Who else sees that folder?
docker run --detach --name dd-gauge busybox:1.37 sh -c 'while date > /gauge/level.txt; do sleep 1; done'

# The display shows the files in /usr/share/nginx/html.
docker run --detach --name dd-display nginx:1.26

docker logs dd-gauge
docker exec dd-display ls -l /usr/share/nginx/html
