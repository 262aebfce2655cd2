docker network create dd-station-net
docker create --name dd-station --network dd-station-net --read-only --cap-drop ALL --user 1000 \
    -p 5353/udp -p 127.0.0.1::9000 -p 0.0.0.0::8080 -p 18081:8080/tcp \
    -p 27103:27103 -p 27102:27102 -p 27101:27101 dd-station:1.0
docker start dd-station
