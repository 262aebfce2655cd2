docker network create dd-clinic-out
docker run -d --name dd-clinic-score --network none dd-clinic-score:1.0
docker run -d --name dd-clinic-desk --network dd-clinic-out -e SCORE=dd-clinic-score -p 127.0.0.1::80 dd-clinic-desk:1.0
