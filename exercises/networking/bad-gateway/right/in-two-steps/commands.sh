docker network create --subnet 172.30.246.0/24 dd-watch-net
docker run -d --name dd-watch-api --network dd-watch-net --ip 172.30.246.9 dd-watch-api:1.0
docker create --name dd-watch-web -p 127.0.0.1::80 nginx:1.26 nginx -c /nginx.conf -g 'daemon off;'
docker cp nginx.conf dd-watch-web:/nginx.conf
docker network connect dd-watch-net dd-watch-web
docker start dd-watch-web
