docker swarm init --advertise-addr 127.0.0.1
docker service create --detach --name dd-lamps --replicas 3 --restart-condition on-failure dd-lamp:1.0
