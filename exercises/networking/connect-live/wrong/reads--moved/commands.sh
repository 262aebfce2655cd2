docker network disconnect dd-mast dd-recorder
docker network connect --alias barograph dd-shore dd-recorder
