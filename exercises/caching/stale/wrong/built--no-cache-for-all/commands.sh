REGISTRY=$(docker port dd-shelf 5000)
docker build --build-arg REGISTRY=$REGISTRY --pull --no-cache --tag dd-forecast:2.0 .
