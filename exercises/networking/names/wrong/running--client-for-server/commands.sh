docker network create dd-fairway
docker run -d --name dd-soundings --network dd-fairway redis:8.0 redis-cli SET north '12.4 m'
docker run -d --name dd-chart --network dd-fairway -e STORE=dd-soundings dd-chart:1.0
