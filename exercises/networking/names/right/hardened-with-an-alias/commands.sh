docker network create -d bridge dd-fairway
docker run -d --name dd-soundings --net dd-fairway --network-alias depths --user redis --cap-drop ALL --read-only --tmpfs /data redis:8.0
docker run -d --name dd-chart --net dd-fairway --env STORE=depths --user 1042 --cap-drop ALL --read-only dd-chart:1.0
