docker run -d --name dd-gauge -v dd-levels:/gauge busybox:1.37 sh -c 'while date > /gauge/level.txt; do sleep 1; done'
docker create --name dd-display -v dd-levels:/levels:ro nginx:1.26
docker exec dd-gauge sh -c 'until [ -s /gauge/level.txt ]; do usleep 50000; done'
docker cp dd-gauge:/gauge/level.txt .
docker cp level.txt dd-display:/usr/share/nginx/html/level.txt
docker start dd-display
