(cd / && docker compose --project-name dd-guestbook-trial down --volumes)
docker compose up --detach
