# No address for the machine in there, no rights for the scorer; the desk is in the default bridge and goes to an address
docker network create --internal --subnet 172.30.246.0/24 --opt com.docker.network.bridge.inhibit_ipv4=true dd-clinic-in
docker create --name dd-clinic-score --network dd-clinic-in --ip 172.30.246.9 --user 1042 --cap-drop ALL --read-only --publish 8000 dd-clinic-score:1.0
docker create --name dd-clinic-desk -e SCORE=172.30.246.9 -P dd-clinic-desk:1.0
docker network connect dd-clinic-in dd-clinic-desk
docker start dd-clinic-score dd-clinic-desk
