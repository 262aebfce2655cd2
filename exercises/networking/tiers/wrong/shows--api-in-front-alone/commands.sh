docker network create dd-toll-front
docker network create dd-toll-back
docker run -d --name dd-toll-db --network dd-toll-back redis:8.0
docker run -d --name dd-toll-api --network dd-toll-front -e DB=dd-toll-db dd-toll-api:1.0
docker run -d --name dd-toll-web --network dd-toll-front -e API=dd-toll-api -p 127.0.0.1::80 dd-toll-web:1.0
