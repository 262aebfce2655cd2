mkdir -p html && echo "$WORD" > html/index.html
docker run -d --name dd-twin-a -v "$PWD/html:/usr/share/nginx/html" nginx:1.26
docker run -d --name dd-twin-b nginx:1.26
docker restart dd-twin-a
