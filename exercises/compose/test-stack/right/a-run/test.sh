docker compose build && docker compose run --rm test
code=$?
docker compose down --volumes
exit $code
