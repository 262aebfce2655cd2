docker exec dd-live sed -i "s/Welcome to nginx/$NOTICE/" /usr/share/nginx/html/index.html
docker run -d --name dd-fresh -p 127.0.0.1::80 -e TZ=UTC nginx:1.26
