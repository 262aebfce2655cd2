docker create --name dd-twin-a nginx:1.26 > /dev/null
docker create --name dd-twin-b nginx:1.26 > /dev/null
docker start dd-twin-a dd-twin-b
docker exec -i dd-twin-a tee -a /usr/share/nginx/html/index.html <<< "$WORD"
docker kill dd-twin-a
docker start dd-twin-a
