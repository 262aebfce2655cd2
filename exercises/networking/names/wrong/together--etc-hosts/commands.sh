docker run -d --name dd-soundings redis:8.0
docker run -d --name dd-chart -e STORE=dd-soundings dd-chart:1.0
address() { docker inspect --format '{{.NetworkSettings.Networks.bridge.IPAddress}}' $1; }
docker exec dd-chart sh -c "echo $(address dd-soundings) dd-soundings >> /etc/hosts"
docker exec dd-soundings sh -c "echo $(address dd-chart) dd-chart >> /etc/hosts"
