trap 'docker compose down' EXIT
docker compose up --build --exit-code-from test
