docker exec dd-notices tar -cf - -C /srv/www uploads > uploads.tar
docker rm -f dd-notices
docker run -d --name dd-notices -p 127.0.0.1::8080 dd-notices:2
docker exec -i -u 0 dd-notices tar -xpf - -C /srv/www < uploads.tar
