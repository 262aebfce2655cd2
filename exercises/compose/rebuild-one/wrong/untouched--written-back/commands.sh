docker compose exec -T queue cat /dev/shm/waiting.txt </dev/null >waiting.txt
docker compose build page
docker compose up --detach --force-recreate
docker compose exec -T queue sh -c 'cat >/dev/shm/waiting.txt' <waiting.txt
