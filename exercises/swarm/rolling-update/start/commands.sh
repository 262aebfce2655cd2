# A swarm of this one Engine
docker swarm init --advertise-addr 127.0.0.1

# The tide table. What must Swarm know to replace it without a gap?
docker service create --detach --no-resolve-image --name dd-tides dd-tides:1.0
