trap 'docker compose down --volumes' EXIT
docker compose up --detach --build --wait
