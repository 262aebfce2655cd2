cat > compose.yaml <<'END'
name: dd-toll
services:
  web:
    image: dd-toll-web:1.0
    container_name: dd-toll-web
    environment: { API: api }
    ports: [ "127.0.0.1::80" ]
    networks: [ front ]
  api:
    image: dd-toll-api:1.0
    container_name: dd-toll-api
    environment: { DB: db }
    networks: [ front, back ]
  db:
    image: redis:8.0
    container_name: dd-toll-db
    networks: [ back ]
networks:
  front: { name: dd-toll-front }
  back: { name: dd-toll-back, internal: true }
END
docker compose up --detach
