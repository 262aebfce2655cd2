docker build --tag dd-desk:1.0 .
docker run --detach --publish-all --name dd-desk dd-desk:1.0 sh -c "httpd -p 8080 -h / && echo serving"
docker port dd-desk
