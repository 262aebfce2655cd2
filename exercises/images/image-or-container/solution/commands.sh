docker run --detach --name dd-twin-a nginx:1.26
docker run --detach --name dd-twin-b nginx:1.26

docker exec dd-twin-a sh -c "echo '<h1>$WORD</h1>' > /usr/share/nginx/html/index.html"

docker stop dd-twin-a
docker start dd-twin-a

docker inspect --format '{{.Name}} {{.Image}}' dd-twin-a dd-twin-b
docker diff dd-twin-a
docker diff dd-twin-b
docker exec dd-twin-a cat /usr/share/nginx/html/index.html
