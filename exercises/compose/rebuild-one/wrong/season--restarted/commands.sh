docker compose up --detach --build --no-deps page
printf 'services: {page: {environment: {SEASON: winter}}}\n' >compose.override.yaml
docker compose restart page
