docker run -d --name dd-twin-a nginx:1.26 sh -c "echo $WORD > /usr/share/nginx/html/index.html; exec nginx -g 'daemon off;'"
docker run -d --name dd-twin-b nginx:1.26
docker restart dd-twin-a
