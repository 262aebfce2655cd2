cat > compose.yaml <<'END'
name: dd-tariff
services:
  tariff:
    image: dd-tariff:1.0
    container_name: dd-tariff
    ports: ["127.0.0.1::80"]
    environment:
      TARIFF: /etc/tariff/tariff.conf
    volumes:
      - type: bind
        source: settings
        target: /etc/tariff
        read_only: true
END
docker compose up --detach
