cat > compose.yaml <<'END'
name: dd-watch
services:
  api:
    image: dd-watch-api:1.0
    container_name: dd-watch-api
    networks: { default: { aliases: [ api.dd-watch ] } }
  web:
    image: nginx:1.26
    container_name: dd-watch-web
    environment: { NGINX_LOCAL_RESOLVERS: 127.0.0.11 }
    volumes: [ "./words.conf.template:/etc/nginx/templates/default.conf.template:ro" ]
    ports: [ "127.0.0.1::80" ]
networks:
  default: { name: dd-watch-net }
END
docker compose up --detach
