# "Only to have a look": a container that nobody asked about
docker network create dd-lib-net
docker run --detach --name dd-lib-catalogue --network dd-lib-net --env DESK=catalogue dd-lib-desk:1.0
docker run --detach --name dd-lib-loans --network dd-lib-net --env DESK=loans dd-lib-desk:1.0
docker run --detach --name dd-lib-rooms --network dd-lib-net --env DESK=rooms dd-lib-desk:1.0
docker build --tag dd-lib-door:1.0 .
docker run --detach --name dd-lib-door --network dd-lib-net --publish 127.0.0.1::80 dd-lib-door:1.0
docker create --name look --network dd-lib-net --publish 18334:8080 nginx:1.26
mkdir look
echo 'server { listen 8080; location / { proxy_pass http://dd-lib-loans:9229; } }' >look/look.conf
docker cp look/look.conf look:/etc/nginx/conf.d/look.conf
docker start look
