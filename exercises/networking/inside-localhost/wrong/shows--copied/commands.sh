docker exec dd-tide-gauge cat /www/level > level
docker build --quiet --tag dd-tide-desk:1.0 .
docker run --detach --name dd-tide-desk --network dd-tide-net --publish 127.0.0.1::8080 --env LISTEN=0.0.0.0 --env GAUGE=file:///desk/level dd-tide-desk:1.0
