docker exec dd-live sh -c "echo $NOTICE > /usr/share/nginx/html/index.html"
