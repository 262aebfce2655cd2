docker tag dd-fog:2.0 dd-fog:2.1
# A swarm of this one Engine, if it is in none
[ "$(docker info --format '{{.Swarm.LocalNodeState}}')" = active ] || docker swarm init --advertise-addr 127.0.0.1

# The stack, with the images that are here. The same command again brings up what has changed in the file.
docker stack deploy --resolve-image never --compose-file stack.yaml dd-fog
docker stack ps --no-trunc dd-fog
