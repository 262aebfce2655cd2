REGISTRY=$(docker port dd-registry 5000)
docker tag dd-app:1.0 $REGISTRY/app:stable
docker push $REGISTRY/app:stable
docker tag dd-app:1.0 $REGISTRY/app:1.0
docker push $REGISTRY/app:1.0
docker tag dd-app:1.1 $REGISTRY/app:stable
docker push $REGISTRY/app:stable
docker run --name dd-stable $REGISTRY/app:stable
docker pull $REGISTRY/app:1.0
docker run --name dd-pinned $REGISTRY/app:1.0
