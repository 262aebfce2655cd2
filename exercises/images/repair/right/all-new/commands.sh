docker rm -f dd-repair-web; docker run -d --name dd-repair-web -p 127.0.0.1::80 -p 127.0.0.1::8080 nginx:1.26
docker rm -f dd-repair-cache; docker run -d --name dd-repair-cache --restart always redis:8.0 redis-server --save ""
docker cp dd-repair-blog:/usr/share/nginx/html/index.html page.html
docker rm dd-repair-blog
docker create --name dd-repair-blog -p 127.0.0.1::80 nginx:1.26
docker cp page.html dd-repair-blog:/usr/share/nginx/html/index.html
docker start dd-repair-blog
docker rm dd-repair-stats; docker run -d --name dd-repair-stats -m 256m -p 127.0.0.1::8000 dd-repair:1.0 python /app/stats.py
docker rm dd-repair-desk
docker run --detach --name dd-repair-desk --publish 127.0.0.1::8000 --env "DESK_TOKEN=$TOKEN" dd-repair:1.0 python /app/desk.py
docker rm -f dd-repair-feed
docker run -d --name dd-repair-feed -p 127.0.0.1::8080 --health-cmd "python -c \"import urllib.request; urllib.request.urlopen(\\\"http://localhost:8080\\\")\" || exit 1" --health-interval 2s dd-repair:1.0 python /app/feed.py
