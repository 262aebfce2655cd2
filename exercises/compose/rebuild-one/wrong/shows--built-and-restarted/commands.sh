docker compose build page
docker compose restart page
