docker rm -f dd-notices
docker volume rm dd-notices-www
docker run -d --name dd-notices -p 127.0.0.1::8080 -v dd-notices-www:/srv/www dd-notices:2
