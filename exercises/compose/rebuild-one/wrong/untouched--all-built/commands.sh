docker compose up --detach --build
