REGISTRY=$(docker port dd-quay 5000 | sed s/127.0.0.1/localhost/)
docker build --platform linux/amd64,linux/arm64 --tag $REGISTRY/dd-beacon:1.0 .
docker push $REGISTRY/dd-beacon:1.0
