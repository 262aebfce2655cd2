docker network create dd-fairway
docker run -d --name dd-soundings --network dd-fairway redis:8.0
address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' dd-soundings)
docker run -d --name dd-chart --network dd-fairway -e STORE=$address dd-chart:1.0
