REGISTRY=$(docker port dd-shelf 5000)
sed -i 's/echo "fetched/echo "really fetched/' Dockerfile
docker build --build-arg REGISTRY=$REGISTRY --pull --tag dd-forecast:2.0 .
