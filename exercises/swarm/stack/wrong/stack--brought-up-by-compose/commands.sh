docker swarm init --advertise-addr 127.0.0.1
docker compose --project-name dd-jetty up --detach
