docker run -d --name dd-web -p 127.0.0.1:18200-18300:80 -e WHO=me nginx:1.26 nginx -g "daemon off;"
