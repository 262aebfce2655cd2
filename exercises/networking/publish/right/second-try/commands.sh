docker run --detach --name dd-station --publish-all dd-station:1.0
docker port dd-station
# What is published is settled when a container is made, so it is made once more.
docker rm --force dd-station
docker run --detach --init --restart unless-stopped --name dd-station \
    --publish 0.0.0.0:18080:8080 --publish 18090:8080 --publish 127.0.0.1:9000:9000 --publish 127.0.0.1:19000:9000 \
    --publish 27101:27101 --publish 27102-27103:27102-27103 \
    --publish 15353-15360:5353/udp dd-station:1.0
