REGISTRY=$(docker port dd-shelf 5000)
docker pull --quiet $REGISTRY/ground:stable
docker build --build-arg REGISTRY=$REGISTRY --build-arg ISSUE=$(date +%F) -t dd-forecast:2.0 .
