docker exec dd-live echo $NOTICE > index.html
docker run -d --name dd-fresh nginx:1.26
