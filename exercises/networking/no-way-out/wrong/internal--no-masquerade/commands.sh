docker network create --opt com.docker.network.bridge.enable_ip_masquerade=false dd-clinic-out
docker run -d --name dd-clinic-score --network dd-clinic-out dd-clinic-score:1.0
docker run -d --name dd-clinic-desk --network dd-clinic-out -e SCORE=dd-clinic-score -p 127.0.0.1::80 dd-clinic-desk:1.0
