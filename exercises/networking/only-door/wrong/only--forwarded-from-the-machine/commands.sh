# A forwarder in the machine's own network, which publishes nothing
docker network create dd-lib-net
docker run --detach --name dd-lib-catalogue --network dd-lib-net --env DESK=catalogue dd-lib-desk:1.0
docker run --detach --name dd-lib-loans --network dd-lib-net --env DESK=loans dd-lib-desk:1.0
docker run --detach --name dd-lib-rooms --network dd-lib-net --env DESK=rooms dd-lib-desk:1.0
docker build --tag dd-lib-door:1.0 .
docker run --detach --name dd-lib-door --network dd-lib-net --publish 127.0.0.1::80 dd-lib-door:1.0
rooms=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' dd-lib-rooms)
echo "server { listen 18335; location / { proxy_pass http://$rooms:9229; } }" >default.conf
docker create --name look --network host nginx:1.26
docker cp default.conf look:/etc/nginx/conf.d/default.conf
docker start look
