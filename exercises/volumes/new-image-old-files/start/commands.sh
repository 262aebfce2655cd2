# What does it answer, what has its image, and what is mounted?
docker run --rm --network container:dd-notices busybox:1.37 wget -q -O - http://127.0.0.1:8080/
docker run --rm dd-notices:2 cat /srv/www/index.html
docker inspect --format '{{range .Mounts}}{{.Type}} {{.Name}} at {{.Destination}}{{println}}{{end}}' dd-notices
docker exec dd-notices ls -lnRA /srv/www/uploads
