docker compose up --detach
docker compose --project-name dd-guestbook-trial down
docker volume ls --filter label=com.docker.compose.project=dd-guestbook-trial
docker volume rm dd-guestbook-trial_book
docker compose down
docker compose up --detach --wait
