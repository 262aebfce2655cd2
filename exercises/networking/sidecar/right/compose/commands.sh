cat > compose.yaml <<'END'
name: dd-kiln
services:
  look:
    image: busybox:1.37
    container_name: dd-kiln-look
    network_mode: container:dd-kiln
    command: wget -q -O - http://localhost:9100/
  report:
    image: dd-kiln:1.0
    container_name: dd-kiln-report
    command: /srv/report.py
    environment: { OFFICE: office }
    extra_hosts: [ "office:host-gateway" ]
    networks: [ own ]
networks:
  own: { name: dd-kiln-net }
END
docker compose up --detach
