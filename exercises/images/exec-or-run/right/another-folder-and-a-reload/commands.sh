docker exec -i -e NOTICE dd-live sh <<'END'
mkdir -p /srv/notice
echo "<p>$NOTICE</p>" > /srv/notice/index.html
sed -i 's,/usr/share/nginx/html,/srv/notice,' /etc/nginx/conf.d/default.conf
nginx -s reload
END
port=$(docker inspect --format '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}' dd-live)
until curl -s "http://127.0.0.1:$port/" | grep -q "$NOTICE"; do :; done
docker create --name dd-fresh nginx:1.26
docker start dd-fresh
