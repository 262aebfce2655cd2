cat > compose.yaml <<'END'
name: station
services:
  station:
    image: dd-station:1.0
    container_name: dd-station
    ports:
      - "8080"
      - "18081:8080"
      - target: 9000
        published: 19000
        host_ip: 127.0.0.1
      - "27101-27103:27101-27103"
      - target: 5353
        published: 15353
        protocol: udp
networks:
  default:
    name: dd-station-net
END
docker compose up --detach
