docker run -d --name dd-gauge -v dd-levels:/gauge busybox:1.37 sh -c 'while date > /gauge/level.txt; do sleep 1; done'
docker run -d --name dd-display -v dd-levels:/levels:ro nginx:1.26 \
    sh -c 'while cp /levels/* /usr/share/nginx/html; do sleep 0.5; done & exec nginx -g "daemon off;"'
