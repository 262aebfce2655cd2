# As it was found; then the scorer leaves the network that leads out
docker network create dd-clinic
docker run -d --name dd-clinic-score --network dd-clinic dd-clinic-score:1.0
docker run -d --name dd-clinic-desk --network dd-clinic -e SCORE=dd-clinic-score -p 80 dd-clinic-desk:1.0
docker network create dd-clinic-in || true
docker network rm dd-clinic-in
docker network create --internal dd-clinic-in
docker network connect dd-clinic-in dd-clinic-score
docker network connect dd-clinic-in dd-clinic-desk
docker network disconnect dd-clinic dd-clinic-score
