docker rm --force dd-post-api
docker run --detach --name dd-post-api --network dd-post-back --env LISTEN=0.0.0.0 --env DB=dd-post-db dd-post-api:1.0
docker network connect dd-post-front dd-post-api
