# A swarm of this one Engine, if it is in none
[ "$(docker info --format '{{.Swarm.LocalNodeState}}')" = active ] || docker swarm init --advertise-addr 127.0.0.1

# A network, and three services
