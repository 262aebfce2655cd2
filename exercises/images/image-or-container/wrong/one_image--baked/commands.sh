printf 'FROM nginx:1.26\nRUN echo %s > /usr/share/nginx/html/index.html\n' "$WORD" > Dockerfile
docker build --quiet --tag dd-twin:1.0 .
docker run -d --name dd-twin-a dd-twin:1.0
docker run -d --name dd-twin-b nginx:1.26
docker restart dd-twin-a
