address=$(docker port dd-live 80/tcp | head -n 1)
docker rm -f dd-live
docker run -d --name dd-live -p "$address:80" nginx:1.26
docker exec dd-live sh -c "echo $NOTICE > /usr/share/nginx/html/index.html"
docker run -d --name dd-fresh nginx:1.26
