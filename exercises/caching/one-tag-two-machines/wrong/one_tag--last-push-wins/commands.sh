REGISTRY=$(docker port dd-quay 5000)
for machine in amd64 arm64; do
    docker build --quiet --platform linux/$machine --tag $REGISTRY/dd-beacon:1.0 .
    docker push --quiet $REGISTRY/dd-beacon:1.0
done
