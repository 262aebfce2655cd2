REGISTRY=$(docker port dd-registry 5000)
for v in 1.0 1.1; do docker tag dd-app:$v $REGISTRY/dd-app:$v; docker push $REGISTRY/dd-app:$v; done
docker run --name dd-stable $REGISTRY/dd-app:1.1
docker run --name dd-pinned $REGISTRY/dd-app:1.0
