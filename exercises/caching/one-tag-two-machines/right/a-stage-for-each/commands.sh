REGISTRY=$(docker port dd-quay 5000)
export REGISTRY
docker buildx bake --push
