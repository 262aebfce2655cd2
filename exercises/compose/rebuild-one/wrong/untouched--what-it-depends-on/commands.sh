docker compose up --detach --build page
