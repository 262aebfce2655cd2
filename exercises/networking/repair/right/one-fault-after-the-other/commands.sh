# The way in: which port of the container is published, and on which does nginx listen?
docker port dd-post-web
docker run --rm --network container:dd-post-web busybox:1.37 netstat -ltn
docker rm --force dd-post-web
docker run -d --name dd-post-web --network dd-post-front -e API=dd-post-api -p 18340:80 dd-post-web:1.0

# The API's name, then its port
docker run --rm --network container:dd-post-web busybox:1.37 nslookup dd-post-api
docker network connect dd-post-front dd-post-api
docker run --rm --network container:dd-post-web busybox:1.37 nc -w 2 dd-post-api 8000
docker rm --force dd-post-api
docker run -d --name dd-post-api --network dd-post-front -e LISTEN=0.0.0.0 -e DB=dd-post-db dd-post-api:1.0
docker network connect dd-post-back dd-post-api
