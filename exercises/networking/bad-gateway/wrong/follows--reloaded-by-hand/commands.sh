docker network create dd-watch-net
docker run -d --name dd-watch-api --network dd-watch-net dd-watch-api:1.0
docker run -d --name dd-watch-web --network dd-watch-net --publish 127.0.0.1::80 \
    --volume "$PWD/words.conf:/etc/nginx/conf.d/default.conf:ro" nginx:1.26
docker rm --force dd-watch-api
docker run -d --name dd-watch-bell --network dd-watch-net busybox:1.37 sleep 1d
docker run -d --name dd-watch-api --network dd-watch-net dd-watch-api:1.0
docker exec dd-watch-web nginx -s reload
