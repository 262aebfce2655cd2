trap 'docker compose down --volumes' EXIT
docker compose up --build --exit-code-from test
