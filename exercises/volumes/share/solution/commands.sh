docker volume create dd-levels

docker run --detach --name dd-gauge --volume dd-levels:/gauge \
    busybox:1.37 sh -c 'while date > /gauge/level.txt; do sleep 1; done'

docker run --detach --name dd-display --volume dd-levels:/usr/share/nginx/html:ro nginx:1.26

docker exec dd-display ls -l /usr/share/nginx/html
