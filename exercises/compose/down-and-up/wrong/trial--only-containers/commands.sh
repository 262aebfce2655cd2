docker rm --force dd-guestbook-trial-clerk-1
docker volume rm dd-guestbook-trial_book
docker compose up --detach
