export REGISTRY=$(docker port dd-quay 5000)
docker build --quiet --tag $REGISTRY/dd-beacon:1.0 . && docker push --quiet $REGISTRY/dd-beacon:1.0
docker compose build --push
