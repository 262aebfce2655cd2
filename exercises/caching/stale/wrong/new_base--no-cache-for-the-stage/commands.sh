REGISTRY=$(docker port dd-shelf 5000)
docker build --build-arg REGISTRY=$REGISTRY --no-cache-filter news,forecast --tag dd-forecast:2.0 .
