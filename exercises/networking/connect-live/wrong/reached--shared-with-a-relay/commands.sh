cat > relay.conf <<'END'
server {
    listen 8000;
    location / { proxy_pass http://dd-recorder:8000; }
}
END
docker create --name dd-relay --network dd-mast nginx:1.26
docker network connect --alias barograph dd-shore dd-relay
docker cp relay.conf dd-relay:/etc/nginx/conf.d/
docker start dd-relay
docker network connect --alias barograph dd-shore dd-recorder
