# A swarm of this one Engine. What does its node have?
docker swarm init --advertise-addr 127.0.0.1
docker node inspect self --format '{{json .Description.Resources}}'

# Three presses. How much does each need, and how much may it have?
docker service create --detach --no-resolve-image --name dd-press --replicas 3 dd-press:1.0
