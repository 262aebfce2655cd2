docker exec dd-live sh -c "echo '<h1>$NOTICE</h1>' > /usr/share/nginx/html/index.html"
curl -s "http://$(docker port dd-live 80/tcp | head -n 1)/"

docker run --detach --name dd-fresh nginx:1.26
docker exec dd-fresh head -n 4 /usr/share/nginx/html/index.html
docker diff dd-live
