docker compose up --detach --scale till=3
docker compose restart
