# As it was found
docker network create dd-lib-net
docker run --detach --name dd-lib-catalogue --network dd-lib-net --publish 127.0.0.1::8000 --env DESK=catalogue dd-lib-desk:1.0
docker run --detach --name dd-lib-loans --network dd-lib-net --publish 127.0.0.1::8000 --publish 127.0.0.1::9229 --env DESK=loans dd-lib-desk:1.0
docker run --detach --name dd-lib-rooms --network dd-lib-net --publish 127.0.0.1::8000 --env DESK=rooms dd-lib-desk:1.0

# The door
docker build --tag dd-lib-door:1.0 .
docker run --detach --name dd-lib-door --network dd-lib-net --publish 127.0.0.1::80 dd-lib-door:1.0

# What is published, and what a desk is asked for
docker ps --filter name=dd-lib- --format '{{.Names}} {{.Ports}}'
curl --silent --retry 9 --retry-all-errors "http://$(docker port dd-lib-door 80)/catalogue/77?shelf=3"
