docker rm --force dd-post-api dd-post-web
now=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' dd-post-db)
docker run --detach --name dd-post-api --network dd-post-back --env LISTEN=0.0.0.0 --env DB=db --add-host db:$now dd-post-api:1.0
docker network connect dd-post-front dd-post-api
docker run --detach --name dd-post-web --network dd-post-front --env API=dd-post-api --publish 127.0.0.1::80 dd-post-web:1.0
