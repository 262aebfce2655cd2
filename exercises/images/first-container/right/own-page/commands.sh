docker run -d --name dd-web -p 127.0.0.1:18124:80 nginx:1.26
docker exec dd-web sh -c 'echo "<h1>Hello</h1>" > /usr/share/nginx/html/index.html'
