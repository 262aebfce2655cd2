REGISTRY=$(docker port dd-quay 5000)
docker build --tag $REGISTRY/dd-beacon:1.0 .
docker push $REGISTRY/dd-beacon:1.0
