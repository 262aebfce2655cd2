cat > compose.yaml <<'END'
name: library
services:
  catalogue: {image: dd-lib-desk:1.0, environment: {DESK: catalogue}, container_name: dd-lib-catalogue, networks: [desks]}
  loans: {image: dd-lib-desk:1.0, environment: {DESK: loans}, container_name: dd-lib-loans, networks: [desks]}
  rooms: {image: dd-lib-desk:1.0, environment: {DESK: rooms}, container_name: dd-lib-rooms, networks: [desks]}
  door:
    image: nginx:1.26
    container_name: dd-lib-door
    depends_on: [catalogue, loans, rooms]
    ports: ["18330:80"]
    networks: [desks, outside]
    configs: [{source: door, target: /etc/nginx/conf.d/default.conf}]
configs:
  door:
    content: |
      server {
          listen 80;
          location / { return 404; }
          location /catalogue/ { proxy_pass http://catalogue:8000/; }
          location /loans/ { proxy_pass http://loans:8000/; }
          location /rooms/ { proxy_pass http://rooms:8000/; }
          proxy_set_header X-Forwarded-For $$remote_addr;
      }
networks:
  desks: {internal: true}
  outside:
END
docker compose up --detach
