echo "$NOTICE" > index.html
docker cp index.html dd-live:/usr/share/nginx/html/index.html
docker run -d -P --name dd-fresh "$(docker inspect --format '{{.Image}}' dd-live)"
