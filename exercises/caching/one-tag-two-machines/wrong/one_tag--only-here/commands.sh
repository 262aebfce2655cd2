REGISTRY=$(docker port dd-quay 5000)
docker build --platform linux/amd64,linux/arm64 --tag $REGISTRY/dd-beacon:1.0 .
