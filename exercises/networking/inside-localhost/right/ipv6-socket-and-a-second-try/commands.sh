docker build --quiet --tag dd-tide-desk:1.0 .
docker run --detach --name dd-tide-desk dd-tide-desk:1.0
docker rm --force dd-tide-desk
docker create --name dd-tide-desk --publish 127.0.0.1::8080 --init dd-tide-desk:1.0
docker network connect dd-tide-net dd-tide-desk
docker start dd-tide-desk
