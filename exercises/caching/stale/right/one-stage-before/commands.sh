REGISTRY=$(docker port dd-shelf 5000)
# The stage alone, without the cache; then all of it, with what the cache has now.
docker build --build-arg REGISTRY=$REGISTRY --no-cache --target news --quiet .
docker build --build-arg REGISTRY=$REGISTRY --pull --tag dd-forecast:2.0 .
