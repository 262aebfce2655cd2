# The database is in both networks, and listens in one of them
docker network create --subnet 172.30.245.0/24 dd-toll-back
docker network create dd-toll-front
docker run -d --name dd-toll-db --network dd-toll-back --ip 172.30.245.9 redis:8.0 --bind 127.0.0.1 172.30.245.9
docker network connect dd-toll-front dd-toll-db
docker run -d --name dd-toll-api --network dd-toll-back -e DB=172.30.245.9 dd-toll-api:1.0
docker network connect dd-toll-front dd-toll-api
docker run -d --name dd-toll-web --network dd-toll-front -e API=dd-toll-api -p 127.0.0.1::80 dd-toll-web:1.0
