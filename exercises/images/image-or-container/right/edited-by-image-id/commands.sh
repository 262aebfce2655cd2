id=$(docker images --no-trunc --quiet nginx:1.26)
docker run -d --name dd-twin-a -p 127.0.0.1::80 "$id"
docker run -d --name dd-twin-b -e ROLE=second "$id"
docker exec -e WORD dd-twin-a sh -c 'sed -i "s/nginx/$WORD/g" /usr/share/nginx/html/index.html'
docker stop -t 2 dd-twin-a && docker start dd-twin-a
