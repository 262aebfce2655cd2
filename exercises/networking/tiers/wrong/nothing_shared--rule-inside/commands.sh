docker network create dd-toll
docker run -d --name dd-toll-db --network dd-toll redis:8.0
docker run -d --name dd-toll-api --network dd-toll -e DB=dd-toll-db dd-toll-api:1.0
docker run -d --name dd-toll-web --network dd-toll -e API=dd-toll-api -p 127.0.0.1::80 dd-toll-web:1.0
web=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' dd-toll-web)
docker run --rm --cap-add NET_ADMIN --network container:dd-toll-db busybox:1.37 ip route add blackhole $web/32
