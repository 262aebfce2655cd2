REGISTRY=$(docker port dd-shelf 5000)
echo borrowed > /tmp/licence
docker build --build-arg REGISTRY=$REGISTRY --pull --no-cache --secret id=licence,src=/tmp/licence --tag dd-forecast:2.0 .
