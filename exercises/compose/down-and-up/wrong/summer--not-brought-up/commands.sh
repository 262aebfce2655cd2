docker compose --project-name dd-guestbook-trial down --volumes
