# Out of the wrong network, and back
docker network disconnect dd-mast dd-recorder
docker network connect --alias recorder --alias barograph dd-shore dd-recorder
docker network connect dd-mast dd-recorder
