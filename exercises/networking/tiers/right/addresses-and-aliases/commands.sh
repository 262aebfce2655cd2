docker network create --subnet 172.30.245.0/24 dd-toll-back
docker network create dd-toll-front
docker create --name dd-toll-web --network dd-toll-front -e API=desk -P dd-toll-web:1.0
docker create --name dd-toll-api --network dd-toll-front --network-alias desk --cap-drop ALL --user 1042 -e DB=172.30.245.9 dd-toll-api:1.0
docker network connect --alias desk dd-toll-back dd-toll-api
docker create --name dd-toll-db --network dd-toll-back --ip 172.30.245.9 --user redis --cap-drop ALL --read-only --tmpfs /data redis:8.0
docker start dd-toll-web dd-toll-api dd-toll-db
