# As it was found
docker network create dd-toll
docker run --detach --name dd-toll-db --network dd-toll --publish 127.0.0.1::6379 redis:8.0
docker run --detach --name dd-toll-api --network dd-toll --env DB=dd-toll-db dd-toll-api:1.0
docker run --detach --name dd-toll-web --network dd-toll --env API=dd-toll-api --publish 127.0.0.1::80 dd-toll-web:1.0

# A ship, to have something to look at
docker exec dd-toll-db redis-cli SET orca '240 crowns'
curl --silent --retry 9 --retry-all-errors --fail "http://$(docker port dd-toll-web 80)/orca"
