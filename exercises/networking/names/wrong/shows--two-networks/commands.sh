docker network create dd-fairway
docker run -d --name dd-soundings redis:8.0
docker run -d --name dd-chart --network dd-fairway -e STORE=dd-soundings dd-chart:1.0
