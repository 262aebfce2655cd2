docker swarm init --advertise-addr 127.0.0.1
docker service create --detach --name dd-lamps --restart-delay 1s dd-lamp:1.0
docker service scale --detach dd-lamps=3
