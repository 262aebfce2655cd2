docker build .
docker run --detach --publish-all --name dd-desk dd-desk:1.0
