REGISTRY=$(docker port dd-shelf 5000)
docker build --build-arg REGISTRY=$REGISTRY --pull --no-cache-filter news --tag dd-forecast:2.0 .
docker builder prune --all --force > /dev/null
