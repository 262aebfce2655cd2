docker run -d --name dd-twin-a nginx:1.26
docker run -d --name dd-twin-b nginx:1.26
docker exec dd-twin-a sh -c "echo $WORD > /usr/share/nginx/html/index.html"
docker restart dd-twin-a
made=$(docker create nginx:1.26)
echo "<h1>Hello</h1>" > other.html
docker cp other.html $made:/usr/share/nginx/html/index.html
docker commit $made nginx:1.26
docker rm $made
