docker exec dd-live sh -c "echo $NOTICE > /usr/share/nginx/html/index.html"
docker commit dd-live dd-live:fixed
docker run -d --name dd-fresh dd-live:fixed
