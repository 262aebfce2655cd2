docker network create dd-pier
docker run -d --name dd-refunds --network dd-pier dd-counter:0.9
for number in 1 2 3; do
    docker run -d --name dd-counter-$number --network dd-pier dd-counter:1.0
done
cat > counters.conf <<'END'
upstream counters { server dd-counter-1:8000; server dd-counter-2:8000; server dd-counter-3:8000; }
server {
    listen 8000;
    location / { proxy_pass http://counters; }
}
END
docker create --name dd-proxy --network dd-pier --network-alias tickets nginx:1.26
docker cp counters.conf dd-proxy:/etc/nginx/conf.d/
docker start dd-proxy
docker run -d --name dd-hall --network dd-pier -e COUNTERS=tickets -e KEEP=0 dd-hall:1.0
