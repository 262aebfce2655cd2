docker run -d --name dd-gauge --mount source=dd-levels,target=/gauge busybox:1.37 \
    sh -c 'while date > /gauge/new; do mv /gauge/new /gauge/level.txt; sleep 0.5; done'
docker run -d --name dd-display --volumes-from dd-gauge:ro nginx:1.26 \
    sh -c 'rm -r /usr/share/nginx/html && ln -s /gauge /usr/share/nginx/html && exec nginx -g "daemon off;"'
