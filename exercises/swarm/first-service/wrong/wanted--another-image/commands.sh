docker swarm init --advertise-addr 127.0.0.1
docker service create --detach --name dd-lamps --replicas 3 busybox:1.37 sleep 1d
