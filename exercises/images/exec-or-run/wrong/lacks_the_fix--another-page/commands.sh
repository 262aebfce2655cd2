docker exec dd-live sh -c "echo $NOTICE > /usr/share/nginx/html/index.html"
docker run -d --name dd-fresh nginx:1.26
docker exec dd-fresh sh -c "echo old page > /usr/share/nginx/html/index.html"
