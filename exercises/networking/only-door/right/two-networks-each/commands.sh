# A network for each desk: not even they meet
docker build --quiet --tag dd-lib-door:1.0 .
docker create --name dd-lib-door --publish 127.0.0.1:18331:80 dd-lib-door:1.0
for desk in catalogue loans rooms; do
    docker network create --internal lib-$desk
    docker run --detach --name dd-lib-$desk --network lib-$desk --env DESK=$desk dd-lib-desk:1.0
    docker network connect lib-$desk dd-lib-door
done
docker start dd-lib-door
