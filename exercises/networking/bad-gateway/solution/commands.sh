docker network create dd-watch-net
docker run --detach --name dd-watch-api --network dd-watch-net dd-watch-api:1.0
docker run --detach --name dd-watch-web --network dd-watch-net --publish 127.0.0.1::80 \
    --volume "$PWD/words.conf:/etc/nginx/conf.d/default.conf:ro" nginx:1.26
