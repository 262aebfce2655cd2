# What is there, of which project
docker compose ls --all
docker volume ls --filter label=com.docker.compose.project --format '{{.Name}}, of {{.Label "com.docker.compose.project"}}'

# The file as it is
docker compose up --detach
docker compose exec clerk sh -c 'echo "It rained." >/book/monday.txt'
docker compose exec page wget -q -O - http://127.0.0.1:8080/monday.txt
