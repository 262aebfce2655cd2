# What runs, since when, and what it shows
docker compose ps --format '{{.Service}} {{.Status}}'
docker compose exec -T page wget -q -O - http://127.0.0.1:8080/ </dev/null
docker compose exec -T queue cat /dev/shm/waiting.txt </dev/null

# What would be made anew
docker compose up --dry-run --detach
