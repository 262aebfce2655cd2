cat > compose.yaml <<'END'
name: tides
services:
  desk:
    build: .
    image: dd-tide-desk:1.0
    container_name: dd-tide-desk
    environment:
      LISTEN: 0.0.0.0
      GAUGE: http://gauge.tides:9000/level
    ports: ["127.0.0.1:18070:8080"]
    networks: [tides]
    external_links: ["dd-tide-gauge:gauge.tides"]
networks:
  tides:
    name: dd-tide-net
    external: true
END
docker compose up --detach --build
