# web: nginx listens on port 80, and 8080 was published.
docker rm --force dd-repair-web
docker run --detach --name dd-repair-web --publish 127.0.0.1::80 nginx:1.26

# cache: the command was misspelt.
docker rm --volumes dd-repair-cache
docker run --detach --name dd-repair-cache redis:8.0

# blog: a semicolon is missing in its configuration. Its page is only here, so it is mended in place.
docker cp dd-repair-blog:/etc/nginx/conf.d/default.conf default.conf
sed -i "s/listen 80$/listen 80;/" default.conf
docker cp default.conf dd-repair-blog:/etc/nginx/conf.d/default.conf
docker start dd-repair-blog

# stats: the kernel ended it, because it needs more than 24 MB.
docker update --memory 128m --memory-swap 128m dd-repair-stats
docker start dd-repair-stats

# desk: it misses a variable.
docker rm dd-repair-desk
docker run --detach --name dd-repair-desk --publish 127.0.0.1::8000 --env "DESK_TOKEN=$TOKEN" dd-repair:1.0 python /app/desk.py

# feed: it listens on port 8080, and its health check asked on 8000.
docker rm --force dd-repair-feed
docker run --detach --name dd-repair-feed --health-cmd "python /app/ask.py 8080" --health-interval 1s --health-retries 2 dd-repair:1.0 python /app/feed.py
