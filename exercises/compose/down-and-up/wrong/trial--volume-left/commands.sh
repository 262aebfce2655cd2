docker compose --project-name dd-guestbook-trial down
docker compose up --detach
