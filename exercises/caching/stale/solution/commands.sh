REGISTRY=$(docker port dd-shelf 5000)

docker build --pull --no-cache-filter news --build-arg REGISTRY=$REGISTRY --tag dd-forecast:2.0 .
docker run --rm dd-forecast:2.0
