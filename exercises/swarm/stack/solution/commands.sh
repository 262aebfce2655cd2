# A swarm of this one Engine, if it is in none
docker swarm init --advertise-addr 127.0.0.1

docker stack deploy --compose-file compose.yaml --resolve-image never dd-jetty
docker stack services dd-jetty --format '{{.Name}} {{.Replicas}}'
