REGISTRY=$(docker port dd-quay 5000)
docker buildx build --file old.Dockerfile --platform linux/amd64,linux/arm64 --tag $REGISTRY/dd-beacon:1.0 --push .
