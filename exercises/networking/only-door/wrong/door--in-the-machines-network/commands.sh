# Asks the desks at their addresses
docker network create dd-lib-net
docker run --detach --name dd-lib-catalogue --network dd-lib-net --env DESK=catalogue dd-lib-desk:1.0
docker run --detach --name dd-lib-loans --network dd-lib-net --env DESK=loans dd-lib-desk:1.0
docker run --detach --name dd-lib-rooms --network dd-lib-net --env DESK=rooms dd-lib-desk:1.0
for desk in catalogue loans rooms; do
    sed -i "s/dd-lib-$desk:/$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' dd-lib-$desk):/" door.conf
done
docker build --tag dd-lib-door:1.0 .
docker run --detach --name dd-lib-door --network host dd-lib-door:1.0
