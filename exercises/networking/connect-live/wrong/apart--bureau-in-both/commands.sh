# Whoever wants something comes
docker network disconnect dd-mast dd-recorder
docker network connect --alias barograph dd-mast dd-recorder
docker network connect dd-mast dd-bureau
