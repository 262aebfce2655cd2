for twin in dd-twin-a dd-twin-b; do
    docker run -d --name $twin nginx:1.26
    docker exec $twin sh -c "echo $WORD > /usr/share/nginx/html/index.html"
done
docker restart dd-twin-a
