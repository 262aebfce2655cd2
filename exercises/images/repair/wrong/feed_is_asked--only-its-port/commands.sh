docker rm --force dd-repair-web
docker run --detach --name dd-repair-web --publish 127.0.0.1::80 nginx:1.26
docker rm dd-repair-cache
docker run --detach --name dd-repair-cache redis:8.0
docker cp dd-repair-blog:/etc/nginx/conf.d/default.conf default.conf
sed -i "s/listen 80$/listen 80;/" default.conf
docker cp default.conf dd-repair-blog:/etc/nginx/conf.d/default.conf
docker start dd-repair-blog
docker update --memory 128m --memory-swap 128m dd-repair-stats
docker start dd-repair-stats
docker rm dd-repair-desk
docker run --detach --name dd-repair-desk --publish 127.0.0.1::8000 --env "DESK_TOKEN=$TOKEN" dd-repair:1.0 python /app/desk.py
docker rm -f dd-repair-feed
docker run -d --name dd-repair-feed --health-cmd "python -c \"import socket; socket.create_connection((\\\"localhost\\\", 8080), 2)\"" --health-interval 1s dd-repair:1.0 python /app/feed.py
