echo "$NOTICE" > index.html
docker stop dd-live
docker cp index.html dd-live:/usr/share/nginx/html/index.html
docker start dd-live
docker run -d --name dd-fresh nginx:1.26
