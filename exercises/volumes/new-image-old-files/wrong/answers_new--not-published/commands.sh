docker run --rm -v dd-notices-www:/old:ro -v dd-notices-uploads:/new busybox:1.37 cp -a /old/uploads/. /new/
docker rm --force dd-notices
docker run --detach --name dd-notices -v dd-notices-uploads:/srv/www/uploads dd-notices:2
