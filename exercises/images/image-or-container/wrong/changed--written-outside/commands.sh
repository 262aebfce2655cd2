docker run -d --name dd-twin-a nginx:1.26
docker run -d --name dd-twin-b nginx:1.26
docker exec dd-twin-a echo $WORD > index.html
docker restart dd-twin-a
