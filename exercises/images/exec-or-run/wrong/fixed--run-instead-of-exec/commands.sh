docker run --rm nginx:1.26 sh -c "echo $NOTICE > /usr/share/nginx/html/index.html"
docker run -d --name dd-fresh nginx:1.26
