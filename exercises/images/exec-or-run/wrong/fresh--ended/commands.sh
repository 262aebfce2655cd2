docker exec dd-live sh -c "echo $NOTICE > /usr/share/nginx/html/index.html"
docker run --name dd-fresh nginx:1.26 head -n 4 /usr/share/nginx/html/index.html
