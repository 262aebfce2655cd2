docker restart -t 0 dd-notices
docker rm -f dd-notices
docker run -d --name dd-notices -p 127.0.0.1::8080 -v dd-notices-uploads:/srv/www/uploads -v dd-notices-www:/old dd-notices:2
docker exec --user root dd-notices cp -pR /old/uploads /tmp/u
docker exec --user root dd-notices sh -c 'cp -pR /tmp/u/. /srv/www/uploads'
docker rm -f dd-notices
docker run -d --name dd-notices -p 127.0.0.1::8080 -v dd-notices-uploads:/srv/www/uploads dd-notices:2
docker volume rm dd-notices-www
