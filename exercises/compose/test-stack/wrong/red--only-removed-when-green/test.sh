set -e
docker compose up --build --exit-code-from test
docker compose down --volumes
