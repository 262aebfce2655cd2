cat > compose.yaml <<'END'
name: dd-survey
services:
  chart:
    image: dd-chart:1.0
    container_name: dd-chart
    environment:
      STORE: soundings
    depends_on: [ soundings ]
  soundings:
    image: redis:8.0
    container_name: dd-soundings
networks:
  default:
    name: dd-fairway
END
docker compose up --detach
