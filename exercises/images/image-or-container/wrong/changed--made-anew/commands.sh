docker run -d --name dd-twin-a nginx:1.26
docker run -d --name dd-twin-b nginx:1.26
docker exec dd-twin-a sh -c "echo $WORD > /usr/share/nginx/html/index.html"
docker stop dd-twin-a
docker rm dd-twin-a
docker run -d --name dd-twin-a nginx:1.26
