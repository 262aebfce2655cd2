docker compose restart page
docker compose exec -T page wget -q -O - http://127.0.0.1:8080/ </dev/null
docker compose up --detach
docker compose exec -T page wget -q -O - http://127.0.0.1:8080/ </dev/null
docker compose build page
docker compose restart page
docker compose exec -T page wget -q -O - http://127.0.0.1:8080/ </dev/null
docker compose up --detach --no-deps --force-recreate page
