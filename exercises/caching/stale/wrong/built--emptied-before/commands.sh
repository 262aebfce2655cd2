REGISTRY=$(docker port dd-shelf 5000)
docker builder prune --all --force > /dev/null
docker build --build-arg REGISTRY=$REGISTRY --pull --tag dd-forecast:2.0 .
