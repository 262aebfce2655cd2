docker compose --project-name dd-guestbook-trial down --volumes
docker compose up --detach
docker compose exec -T page wget -q -O - http://127.0.0.1:8080/pier.txt </dev/null
