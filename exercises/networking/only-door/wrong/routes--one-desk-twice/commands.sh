docker network create dd-lib-net
docker run --detach --name dd-lib-catalogue --network dd-lib-net --env DESK=catalogue dd-lib-desk:1.0
docker run --detach --name dd-lib-loans --network dd-lib-net --env DESK=loans dd-lib-desk:1.0
docker run --detach --name dd-lib-rooms --network dd-lib-net --env DESK=loans dd-lib-desk:1.0
docker build --tag dd-lib-door:1.0 .
docker run --detach --name dd-lib-door --network dd-lib-net --publish 127.0.0.1::80 dd-lib-door:1.0
