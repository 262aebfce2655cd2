docker build --quiet --tag dd-tide-desk:1.0 .
docker run --detach --name dd-tide-desk --network dd-tide-net --publish 127.0.0.1::8080 --env LISTEN=0.0.0.0 --add-host host.docker.internal:host-gateway --env GAUGE=http://host.docker.internal:9000/level dd-tide-desk:1.0
