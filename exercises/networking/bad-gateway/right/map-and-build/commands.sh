docker build --quiet --tag dd-watch-web:1.0 .
docker network create dd-watch-net
docker run -d --name dd-watch-web --network dd-watch-net -P dd-watch-web:1.0
docker run -d --name dd-watch-api --network dd-watch-net --network-alias words.api --read-only --user 1042 dd-watch-api:1.0
