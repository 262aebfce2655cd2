docker compose down
docker compose build page
docker compose up --detach
