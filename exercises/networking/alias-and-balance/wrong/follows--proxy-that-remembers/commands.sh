docker network create dd-pier
docker run -d --name dd-refunds --network dd-pier dd-counter:0.9
for number in 1 2 3; do
    docker run -d --name dd-counter-$number --network dd-pier --network-alias tickets dd-counter:1.0
done
cat > counters.conf <<'END'
server {
    listen 8000;
    location / { proxy_pass http://tickets:8000; }
}
END
docker create --name dd-proxy --network dd-pier nginx:1.26
docker cp counters.conf dd-proxy:/etc/nginx/conf.d/
docker start dd-proxy
docker run -d --name dd-hall --network dd-pier -e COUNTERS=dd-proxy -e KEEP=0 dd-hall:1.0
