docker run -d --name dd-twin-a nginx:1.26
docker exec dd-twin-a sh -c "echo $WORD > /usr/share/nginx/html/index.html"
docker commit dd-twin-a dd-twin:1.0
docker rm -f dd-twin-a
docker run -d --name dd-twin-a dd-twin:1.0
docker run -d --name dd-twin-b dd-twin:1.0
docker restart dd-twin-a
