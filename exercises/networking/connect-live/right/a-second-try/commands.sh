# First without the name
docker network connect dd-shore dd-recorder
docker run --rm --network container:dd-bureau busybox:1.37 wget -q -O - localhost
docker network disconnect dd-shore dd-recorder
docker network connect --alias barograph dd-shore dd-recorder
