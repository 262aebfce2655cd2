# shellcheck shell=sh
# Starts a server, NAME, in the network dd-demo-mast. On port 8000 it says TEXT and the path that it got.
docker create --name "$1" --network dd-demo-mast nginx:1.26 >/dev/null
printf '%s\n' "server { listen 8000; return 200 '$2 got \$request_uri\n'; }" > dd-demo-server.conf
docker cp -q dd-demo-server.conf "$1":/etc/nginx/conf.d/default.conf
docker start "$1" >/dev/null
docker exec "$1" timeout 20 sh -c 'until curl -s -o /dev/null localhost:8000; do sleep 0.1; done'
rm dd-demo-server.conf
