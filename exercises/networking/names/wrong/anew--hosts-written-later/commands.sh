docker network create dd-fairway
docker run -d --name dd-soundings --network dd-fairway redis:8.0
docker run -d --name dd-chart --network dd-fairway -e STORE=store dd-chart:1.0
address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' dd-soundings)
docker exec dd-chart sh -c "echo $address store >> /etc/hosts"
