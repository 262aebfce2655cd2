docker network create --subnet 172.30.244.0/24 dd-fairway
docker run -d --name dd-soundings --network dd-fairway --ip 172.30.244.10 redis:8.0
docker run -d --name dd-chart --network dd-fairway --add-host dd-soundings:172.30.244.10 -e STORE=dd-soundings dd-chart:1.0
