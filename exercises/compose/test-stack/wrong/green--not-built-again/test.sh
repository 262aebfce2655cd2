trap 'docker compose down --volumes' EXIT
docker compose up --exit-code-from test
