docker rm -f dd-notices
docker run -d --name dd-notices -p 127.0.0.1::8080 -v dd-notices-uploads:/srv/www/uploads dd-notices:2
