docker run -d --name dd-twin-a nginx:1.26
docker run -d --name dd-twin-b nginx:1.26
docker exec dd-twin-b sh -c "echo $WORD > /usr/share/nginx/html/index.html"
docker restart dd-twin-b
