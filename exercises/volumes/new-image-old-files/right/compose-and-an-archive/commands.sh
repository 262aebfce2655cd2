docker exec dd-notices tar -cf - -C /srv/www/uploads . > uploads.tar
docker stop -t 0 dd-notices && docker rm dd-notices
cat > compose.yaml <<EOF
services:
  notices:
    image: dd-notices:2
    container_name: dd-notices
    network_mode: bridge
    ports: [ "127.0.0.1::8080" ]
    volumes: [ "uploads:/srv/www/uploads" ]
volumes:
  uploads:
    name: dd-notices-uploads
EOF
docker compose -p dd-notices up -d
docker exec -i -u 0 dd-notices tar -xpf - -C /srv/www/uploads < uploads.tar
