# A swarm of this one Engine, if it is in none
docker swarm init --advertise-addr 127.0.0.1

# What does a swarm say of a file that was written for Compose?
docker stack deploy --compose-file compose.yaml dd-jetty
