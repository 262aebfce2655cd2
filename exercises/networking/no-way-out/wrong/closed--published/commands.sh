# Published, so that the desk need not be in its network: it asks at an address of the machine
docker network create dd-clinic-in
docker network create --subnet 172.30.246.0/24 dd-clinic-out
docker run -d --name dd-clinic-score --network dd-clinic-in -p 8000:8000 dd-clinic-score:1.0
docker run -d --name dd-clinic-desk --network dd-clinic-out -e SCORE=172.30.246.1 -p 127.0.0.1::80 dd-clinic-desk:1.0
