docker compose up --detach --scale till=3 --scale store=3
