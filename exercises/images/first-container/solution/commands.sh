docker run --detach --name dd-web --publish 127.0.0.1::80 nginx:1.26
docker port dd-web
