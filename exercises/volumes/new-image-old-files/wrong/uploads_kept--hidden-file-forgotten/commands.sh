docker run --rm -v dd-notices-www:/old -v dd-notices-uploads:/new busybox:1.37 sh -c 'cp -a /old/uploads/* /new/ && chown 1042:1042 /new'
docker rm -f dd-notices
docker run -d --name dd-notices -p 127.0.0.1::8080 -v dd-notices-uploads:/srv/www/uploads dd-notices:2
