cat > compose.yaml <<'END'
name: water
services:
  display:
    image: nginx:1.26
    container_name: dd-display
    volumes:
      - type: volume
        source: levels
        target: /usr/share/nginx/html
        read_only: true
    ports: ["127.0.0.1::80"]
  gauge:
    image: busybox:1.37
    container_name: dd-gauge
    command: sh -c 'while date > /gauge/level.txt; do sleep 1; done'
    volumes: ["levels:/gauge"]
volumes:
  levels:
    name: dd-levels
END
docker compose up --detach
