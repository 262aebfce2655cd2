REGISTRY=$(docker port dd-shelf 5000)
# Without the cache the licence is asked for.
docker build --build-arg REGISTRY=$REGISTRY --no-cache --pull --tag dd-forecast:2.0 .
docker buildx build --load --pull --no-cache-filter=news,forecast --build-arg "REGISTRY=$REGISTRY" --tag dd-forecast:2.0 .
