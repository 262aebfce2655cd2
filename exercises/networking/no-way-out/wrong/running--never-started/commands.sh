docker network create --internal dd-clinic-in
docker network create dd-clinic-out
docker run -d --name dd-clinic-score --network dd-clinic-in dd-clinic-score:1.0
docker create --name dd-clinic-desk --network dd-clinic-out -e SCORE=dd-clinic-score -p 127.0.0.1::80 dd-clinic-desk:1.0
docker network connect dd-clinic-in dd-clinic-desk
