REGISTRY=$(docker port dd-quay 5000)
mkdir next && cp Dockerfile go.mod next && sed 's/1[.]0/1.1/' main.go > next/main.go
docker buildx build --platform linux/amd64,linux/arm64 --tag $REGISTRY/dd-beacon:1.0 --push next
