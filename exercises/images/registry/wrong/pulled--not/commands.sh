REGISTRY=$(docker port dd-registry 5000)
docker tag dd-app:1.0 $REGISTRY/app:stable
docker push $REGISTRY/app:stable
DIGEST=$(docker image inspect --format "{{index .RepoDigests 0}}" $REGISTRY/app:stable)
docker run --name dd-pinned $DIGEST
docker tag dd-app:1.1 $REGISTRY/app:stable
docker push $REGISTRY/app:stable
docker run --name dd-stable $REGISTRY/app:stable
