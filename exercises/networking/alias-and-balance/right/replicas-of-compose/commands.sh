cat > compose.yaml <<'END'
name: dd
services:
  counter:
    image: dd-counter:1.0
    deploy: { replicas: 3 }
    networks:
      default: { aliases: [ tickets ] }
  refunds:
    image: dd-counter:0.9
    container_name: dd-refunds
  hall:
    image: dd-hall:1.0
    container_name: dd-hall
    environment: { COUNTERS: counter, KEEP: 0 }
networks:
  default: { name: dd-pier }
END
docker compose up --detach
