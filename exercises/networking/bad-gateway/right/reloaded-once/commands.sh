# As it was found, then mended while it runs
docker network create dd-watch-net
docker run -d --rm --name dd-watch-api --network dd-watch-net dd-watch-api:1.0
docker run -d --name dd-watch-web --network dd-watch-net -p 127.0.0.1::80 nginx:1.26
docker cp words.conf dd-watch-web:/etc/nginx/conf.d/default.conf
docker exec dd-watch-web nginx -s reload
