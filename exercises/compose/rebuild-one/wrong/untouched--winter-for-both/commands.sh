docker compose build page
docker compose up --detach
