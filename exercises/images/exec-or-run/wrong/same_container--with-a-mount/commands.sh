mkdir -p html && echo "$NOTICE" > html/index.html
docker rm -f dd-live
docker run -d --name dd-live -p 127.0.0.1::80 -v "$PWD/html:/usr/share/nginx/html" nginx:1.26
docker run -d --name dd-fresh nginx:1.26
