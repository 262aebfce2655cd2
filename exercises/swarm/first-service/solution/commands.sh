# A swarm of this one Engine, if it is in none
docker swarm init --advertise-addr 127.0.0.1

# What is wanted: three, always
docker service create --quiet --name dd-lamps --replicas 3 dd-lamp:1.0
docker service ps dd-lamps --format '{{.Name}} {{.CurrentState}}'
