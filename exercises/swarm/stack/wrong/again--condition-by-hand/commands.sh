docker swarm init --advertise-addr 127.0.0.1
docker stack deploy --resolve-image never --compose-file compose.yaml dd-jetty
docker service update --detach --restart-condition on-failure dd-jetty_fill
