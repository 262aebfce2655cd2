# A swarm of this one Engine. What does its node have?
docker swarm init --advertise-addr 127.0.0.1
docker node inspect self --format '{{json .Description.Resources}}'

# A press. How much does each need, and how much may it have?
docker service create --detach --no-resolve-image --name dd-press dd-press:1.0
