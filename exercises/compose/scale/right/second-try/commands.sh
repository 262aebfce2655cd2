docker compose --file compose.yaml up --detach --scale till=3 || docker compose ps --all
docker compose up --detach --scale till=5
docker compose scale till=3
curl --silent http://127.0.0.1:18441/seat
