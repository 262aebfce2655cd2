docker container run -d --name=dd-web -p 127.0.0.1:18123:80/tcp --restart unless-stopped nginx:1.26
