docker swarm init --advertise-addr 127.0.0.1
docker service create --detach --name dd-lamps --replicas 2 dd-lamp:1.0
