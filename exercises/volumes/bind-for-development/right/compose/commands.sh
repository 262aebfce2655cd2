cat > compose.yaml <<'END'
name: dd-board
services:
  board:
    image: nginx:1.26
    container_name: dd-board
    ports: ["127.0.0.1::80"]
    volumes:
      - ./dd-notices:/usr/share/nginx/html:ro
END
docker compose up --detach
