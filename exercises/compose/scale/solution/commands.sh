docker compose up --detach --scale till=3
