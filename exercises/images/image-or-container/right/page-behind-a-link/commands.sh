docker run -d --name dd-twin-a nginx:1.26
docker run -d --name dd-twin-b nginx:1.26
docker exec dd-twin-a sh -c "echo $WORD > /srv/word.html; ln -sf ../../../../srv/word.html /usr/share/nginx/html/index.html"
docker restart dd-twin-a
