cat > compose.yaml <<'END'
name: dd-clinic
services:
  desk:
    image: dd-clinic-desk:1.0
    container_name: dd-clinic-desk
    environment: { SCORE: score }
    ports: [ "127.0.0.1::80" ]
    networks: [ in, out ]
  score:
    image: dd-clinic-score:1.0
    container_name: dd-clinic-score
    networks: [ in ]
networks:
  in: { name: dd-clinic-in, internal: true }
  out: { name: dd-clinic-out }
END
docker compose up --detach
