docker network create --internal --subnet 172.30.244.0/24 dd-fairway
docker run -d --name dd-chart --network dd-fairway -e STORE=dd-soundings.dd-fairway dd-chart:1.0
docker run -d --name dd-soundings --network dd-fairway --ip 172.30.244.77 redis:8.0 redis-server --save '' --port 6379
