docker network create dd-clinic-out
docker run -d --name dd-clinic-desk --network dd-clinic-out -e SCORE=dd-clinic-desk -p 127.0.0.1::80 dd-clinic-desk:1.0
docker run -d --name dd-clinic-score --network container:dd-clinic-desk dd-clinic-score:1.0
