docker compose up --detach --build && code=$(docker wait "$(docker compose ps --all --quiet test)")
docker compose down --volumes
exit $code
