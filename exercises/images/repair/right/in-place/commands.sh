docker exec dd-repair-web sh -c "sed -i \"s/listen  *80;/listen 8080;/\" /etc/nginx/conf.d/default.conf && nginx -s reload"
docker rename dd-repair-cache dd-old-cache; docker run -d --name dd-repair-cache -p 127.0.0.1::6379 redis:8.0; docker rm dd-old-cache
fresh=$(docker create nginx:1.26)
docker cp $fresh:/etc/nginx/conf.d/default.conf - | docker cp - dd-repair-blog:/etc/nginx/conf.d/
docker rm $fresh
docker start dd-repair-blog
docker update --memory 200m --memory-swap -1 dd-repair-stats; docker restart dd-repair-stats
printf "DESK_TOKEN=%s\n" "$TOKEN" > desk.env
docker rm -f dd-repair-desk; docker run -d --env-file desk.env -u 1000 --name dd-repair-desk -p 127.0.0.1:18300-18400:8000 dd-repair:1.0 python /app/desk.py
docker rm --force dd-repair-feed
docker run --detach --name dd-repair-feed --health-cmd "python /app/ask.py 8080" --health-interval 1s --health-retries 2 dd-repair:1.0 python /app/feed.py
