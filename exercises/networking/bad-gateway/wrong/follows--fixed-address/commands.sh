docker network create --subnet 172.30.246.0/24 dd-watch-net
docker run -d --name dd-watch-api --network dd-watch-net --ip 172.30.246.9 dd-watch-api:1.0
docker run -d --name dd-watch-web --network dd-watch-net --publish 127.0.0.1::80 \
    --volume "$PWD/words.conf:/etc/nginx/conf.d/default.conf:ro" nginx:1.26
