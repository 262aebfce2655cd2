docker exec dd-live sh -c "echo $NOTICE > /usr/share/nginx/html/index.html"
docker commit dd-live dd-live:fixed
docker rm -f dd-live
docker run -d --name dd-live -p 127.0.0.1::80 dd-live:fixed
docker run -d --name dd-fresh nginx:1.26
