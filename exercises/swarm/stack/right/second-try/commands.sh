docker swarm init --advertise-addr 127.0.0.1

# What was it that a stack does not heed?
sed '/condition: on-failure/d; /delay: 3s/d; /restart_policy/d; s/replicas: 2/replicas: 1/' compose.yaml |
    sed '/command: fill/,/deploy:/{/deploy:/d}' | docker stack deploy --resolve-image never --compose-file - dd-jetty
docker stack services dd-jetty

# As it should be, over what is there
docker stack deploy --resolve-image never --compose-file compose.yaml --prune dd-jetty
