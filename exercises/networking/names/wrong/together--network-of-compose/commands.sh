cat > compose.yaml <<'END'
name: dd-survey
services:
  chart:
    image: dd-chart:1.0
    container_name: dd-chart
    environment: [ STORE=dd-soundings ]
  soundings:
    image: redis:8.0
    container_name: dd-soundings
networks:
  default: {}
END
docker network create dd-fairway
docker compose up --detach
