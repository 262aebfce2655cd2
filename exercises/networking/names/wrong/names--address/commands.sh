docker run -d --name dd-soundings redis:8.0
address=$(docker inspect --format '{{.NetworkSettings.Networks.bridge.IPAddress}}' dd-soundings)
docker run -d --name dd-chart -e STORE=$address dd-chart:1.0
