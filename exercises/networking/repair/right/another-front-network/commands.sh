# The web server keeps its place, and the API gets a way to it of its own
docker stop -t 1 dd-post-web dd-post-api
docker rm dd-post-web dd-post-api
docker network create post-inner
docker create --name dd-post-api --network dd-post-back -e LISTEN= -e DB=dd-post-db.dd-post-back dd-post-api:1.0
docker network connect post-inner dd-post-api
docker create --name dd-post-web --network dd-post-front -e API=dd-post-api -p 127.0.0.1:18342:80 -p 127.0.0.1:18343:8080 dd-post-web:1.0
docker network connect post-inner dd-post-web
docker start dd-post-api dd-post-web
