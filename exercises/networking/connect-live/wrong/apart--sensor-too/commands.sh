docker network connect --alias barograph dd-shore dd-recorder
docker network connect dd-shore dd-sensor
