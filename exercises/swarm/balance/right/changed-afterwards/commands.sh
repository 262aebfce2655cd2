docker swarm init --advertise-addr 127.0.0.1
docker network create -d overlay --attachable --subnet 10.77.0.0/24 dd-office
docker service create -d --name dd-clerks --network dd-office dd-clerk:1.0
docker service update -d --endpoint-mode dnsrr --replicas 3 dd-clerks
docker service create -d --name dd-porter --mode global dd-clerk:1.0
docker service update -d --publish-add mode=host,published=18496,target=8080 dd-porter
docker service create -d --name dd-window -p 18497:8080 dd-clerk:1.0
docker service scale -d dd-window=2
