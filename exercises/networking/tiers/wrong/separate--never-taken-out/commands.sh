# Two networks more, and all three are in the first one still
docker network create dd-toll
docker run -d --name dd-toll-db --network dd-toll redis:8.0
docker run -d --name dd-toll-api --network dd-toll -e DB=dd-toll-db dd-toll-api:1.0
docker run -d --name dd-toll-web --network dd-toll -e API=dd-toll-api -p 127.0.0.1::80 dd-toll-web:1.0
docker network create dd-toll-front
docker network create dd-toll-back
docker network connect dd-toll-front dd-toll-web
docker network connect dd-toll-front dd-toll-api
docker network connect dd-toll-back dd-toll-api
docker network connect dd-toll-back dd-toll-db
