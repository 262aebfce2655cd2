# As it was found
docker network create dd-lib-net
docker run --detach --name dd-lib-catalogue --network dd-lib-net --publish 127.0.0.1::8000 --env DESK=catalogue dd-lib-desk:1.0
docker run --detach --name dd-lib-loans --network dd-lib-net --publish 127.0.0.1::8000 --publish 127.0.0.1::9229 --env DESK=loans dd-lib-desk:1.0
docker run --detach --name dd-lib-rooms --network dd-lib-net --publish 127.0.0.1::8000 --env DESK=rooms dd-lib-desk:1.0

# Nobody takes a port away from a container that runs, so each is made once more; the debugger stays within it
for desk in catalogue loans rooms; do
    docker rm --force dd-lib-$desk
    docker run --detach --name dd-lib-$desk --network dd-lib-net --expose 9229 --env DESK=$desk dd-lib-desk:1.0
done
docker build --tag dd-lib-door:1.0 .
docker run --detach --name dd-lib-door --network dd-lib-net --publish-all dd-lib-door:1.0
