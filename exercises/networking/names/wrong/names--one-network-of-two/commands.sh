docker network create dd-fairway
docker run -d --name dd-soundings --network dd-fairway redis:8.0
docker run -d --name dd-chart --network container:dd-soundings dd-chart:1.0
