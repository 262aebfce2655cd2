docker compose up --detach --build --no-deps page
