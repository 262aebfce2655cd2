printf 'FROM nginx:1.26\nCOPY dd-notices /usr/share/nginx/html\n' > Dockerfile
docker build --quiet --tag dd-board:1.0 .
docker run --detach --name dd-board --publish 127.0.0.1::80 dd-board:1.0
