docker compose rm --force --stop page
docker compose build page
docker compose up --detach page
