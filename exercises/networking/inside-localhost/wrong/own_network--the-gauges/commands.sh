docker build --quiet --tag dd-tide-desk:1.0 .
docker run --detach --name dd-tide-desk --network container:dd-tide-gauge dd-tide-desk:1.0
