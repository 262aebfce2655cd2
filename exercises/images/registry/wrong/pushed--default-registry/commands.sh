docker push dd-app:1.0
docker push dd-app:1.1
docker run --name dd-stable dd-app:1.1
docker run --name dd-pinned dd-app:1.0
