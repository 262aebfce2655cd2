docker network create dd-toll-front
docker network create --internal dd-toll-back

docker run --detach --name dd-toll-db --network dd-toll-back redis:8.0
docker run --detach --name dd-toll-api --network dd-toll-back --env DB=dd-toll-db dd-toll-api:1.0
docker network connect dd-toll-front dd-toll-api
docker run --detach --name dd-toll-web --network dd-toll-front --env API=dd-toll-api --publish 127.0.0.1::80 dd-toll-web:1.0

docker exec dd-toll-db redis-cli SET orca '240 crowns'
