docker run --rm --user 0 -v dd-notices-www:/old:ro -v dd-notices-uploads:/new busybox:1.37 cp -a /old/uploads/. /new/

docker rm --force dd-notices
docker run --detach --name dd-notices --publish 127.0.0.1::8080 -v dd-notices-uploads:/srv/www/uploads dd-notices:2
