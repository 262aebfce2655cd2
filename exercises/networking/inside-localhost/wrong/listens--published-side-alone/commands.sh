docker build --quiet --tag dd-tide-desk:1.0 .
docker run --detach --name dd-tide-desk --network dd-tide-net --publish 0.0.0.0:18070:8080 --env GAUGE=http://dd-tide-gauge:9000/level dd-tide-desk:1.0
