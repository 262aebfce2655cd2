REGISTRY=$(docker port dd-registry 5000)
docker tag dd-app:1.0 $REGISTRY/app:stable
docker push $REGISTRY/app:stable
d=$(curl -sI -H "Accept: application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json" http://$REGISTRY/v2/app/manifests/stable | tr -d "\r" | grep -i docker-content-digest | cut -d " " -f 2)
docker tag dd-app:1.1 $REGISTRY/app:stable
docker push $REGISTRY/app:stable
docker create --name dd-pinned $REGISTRY/app@$d
docker pull $REGISTRY/app@$d
docker run --name dd-stable $REGISTRY/app:stable
docker start -a dd-pinned
