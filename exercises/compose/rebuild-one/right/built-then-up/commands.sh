docker compose build page
docker compose up --detach --wait
docker compose exec -T page wget -q -O - http://127.0.0.1:8080/ </dev/null
