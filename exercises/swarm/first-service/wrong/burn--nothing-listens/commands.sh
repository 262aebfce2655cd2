docker swarm init --advertise-addr 127.0.0.1
docker service create --detach --init --name dd-lamps --replicas 3 dd-lamp:1.0 sleep 1d
