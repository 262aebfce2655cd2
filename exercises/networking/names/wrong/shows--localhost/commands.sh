docker network create dd-fairway
docker run -d --name dd-soundings --network dd-fairway -p 127.0.0.1::6379 redis:8.0
docker run -d --name dd-chart --network dd-fairway -e STORE=localhost dd-chart:1.0
