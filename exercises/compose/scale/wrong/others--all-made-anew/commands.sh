docker compose up --detach --force-recreate --scale till=3
