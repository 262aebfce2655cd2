docker compose run --detach till
docker compose run --detach till
