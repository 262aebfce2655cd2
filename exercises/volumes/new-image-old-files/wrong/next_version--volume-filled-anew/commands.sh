docker rm -f dd-notices
docker run --rm -v dd-notices-www:/a busybox:1.37 tar -cf - -C /a uploads > uploads.tar
docker volume rm dd-notices-www
docker run -d --name dd-notices -p 127.0.0.1::8080 -v dd-notices-www:/srv/www dd-notices:2
docker exec -i -u 0 dd-notices tar -xpf - -C /srv/www < uploads.tar
