docker network create dd-clinic
docker run -d --name dd-clinic-score --network dd-clinic dd-clinic-score:1.0
docker run -d --name dd-clinic-desk --network dd-clinic -e SCORE=dd-clinic-score -p 127.0.0.1::80 dd-clinic-desk:1.0
docker run --rm --cap-add NET_ADMIN --network container:dd-clinic-score busybox:1.37 ip route del default
