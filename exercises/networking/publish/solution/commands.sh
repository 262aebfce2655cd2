docker run --detach --name dd-station \
    --publish 18080:8080 --publish 18081:8080 \
    --publish 127.0.0.1:19000:9000 \
    --publish 27101-27103:27101-27103 \
    --publish 15353:5353/udp \
    dd-station:1.0

docker port dd-station
