docker rm --force dd-repair-web
docker run --detach --name dd-repair-web --publish 127.0.0.1::80 nginx:1.26
docker rm dd-repair-cache
cat > redis-cli <<END
#!/bin/sh
echo PONG
END
chmod +x redis-cli
docker run --detach --name dd-repair-cache redis:8.0 sleep 86400
docker cp redis-cli dd-repair-cache:/usr/local/bin/redis-cli
docker cp dd-repair-blog:/etc/nginx/conf.d/default.conf default.conf
sed -i "s/listen 80$/listen 80;/" default.conf
docker cp default.conf dd-repair-blog:/etc/nginx/conf.d/default.conf
docker start dd-repair-blog
docker update --memory 128m --memory-swap 128m dd-repair-stats
docker start dd-repair-stats
docker rm dd-repair-desk
docker run --detach --name dd-repair-desk --publish 127.0.0.1::8000 --env "DESK_TOKEN=$TOKEN" dd-repair:1.0 python /app/desk.py
docker rm --force dd-repair-feed
docker run --detach --name dd-repair-feed --health-cmd "python /app/ask.py 8080" --health-interval 1s --health-retries 2 dd-repair:1.0 python /app/feed.py
