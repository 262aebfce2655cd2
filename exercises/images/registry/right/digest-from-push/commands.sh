REGISTRY=$(docker port dd-registry 5000)
docker image tag dd-app:1.0 $REGISTRY/app:stable
d=$(docker push $REGISTRY/app:stable | grep -o "sha256:[0-9a-f]*" | tail -n 1)
docker image tag dd-app:1.1 $REGISTRY/app:stable
docker push -q $REGISTRY/app:stable
docker rmi $REGISTRY/app:stable dd-app:1.1 dd-app:1.0
docker rmi $REGISTRY/app@$d
docker run --pull always --name dd-stable $REGISTRY/app:stable
docker run --name dd-pinned $REGISTRY/app@$d
