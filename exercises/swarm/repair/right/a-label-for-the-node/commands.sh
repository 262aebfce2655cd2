docker swarm init --advertise-addr 127.0.0.1
docker node update --label-add roof=yes "$(docker node ls --quiet)"
# The stack, with the images that are here. The same command again brings up what has changed in the file.
docker stack deploy --resolve-image never --compose-file stack.yaml dd-fog
docker stack ps --no-trunc dd-fog
