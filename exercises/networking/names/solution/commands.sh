docker network create dd-fairway
docker run --detach --name dd-soundings --network dd-fairway redis:8.0
docker run --detach --name dd-chart --network dd-fairway --env STORE=dd-soundings dd-chart:1.0

docker exec dd-soundings redis-cli SET north '12.4 m'
