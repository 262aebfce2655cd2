docker rm --force dd-recorder
docker run -d --name dd-recorder --network dd-mast -e SENSOR=dd-sensor dd-recorder:1.0
docker network connect --alias barograph dd-shore dd-recorder
