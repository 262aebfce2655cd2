# Made without a network, and connected afterwards: by name they do not meet
docker network create dd-toll-front
docker network create dd-toll-back
docker run -d --name dd-toll-db redis:8.0
docker run -d --name dd-toll-api -e DB=dd-toll-db dd-toll-api:1.0
docker network connect dd-toll-back dd-toll-db
docker network connect dd-toll-back dd-toll-api
docker network connect dd-toll-front dd-toll-api
docker run -d --name dd-toll-web -e API=dd-toll-api -p 127.0.0.1::80 dd-toll-web:1.0
docker network connect dd-toll-front dd-toll-web
