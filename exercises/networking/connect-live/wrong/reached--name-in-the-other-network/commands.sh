docker network connect dd-shore dd-recorder
docker network disconnect dd-mast dd-recorder
docker network connect --alias barograph dd-mast dd-recorder
