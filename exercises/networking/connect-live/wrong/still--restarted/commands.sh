docker network connect --alias barograph dd-shore dd-recorder
docker restart dd-recorder
