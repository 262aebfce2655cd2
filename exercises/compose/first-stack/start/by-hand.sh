# How the visitors' book is started today, each time by hand
docker build --tag dd-visitors-web web
docker network create dd-visitors-net
docker volume create dd-visitors-data
docker run --detach --name dd-visitors-db --network dd-visitors-net \
    --volume dd-visitors-data:/data redis:8.0 redis-server --appendonly yes
docker run --detach --name dd-visitors-web --network dd-visitors-net \
    --env DB=dd-visitors-db --publish 127.0.0.1:18420:8000 dd-visitors-web
