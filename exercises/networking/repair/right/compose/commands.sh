docker rm -f dd-post-web dd-post-api
cat > compose.yaml <<'END'
name: post
services:
  web:
    image: dd-post-web:1.0
    container_name: dd-post-web
    environment: {API: dd-post-api}
    ports: ["127.0.0.1:18341:80"]
    networks: [front]
    depends_on: [api]
  api:
    image: dd-post-api:1.0
    container_name: dd-post-api
    environment: {LISTEN: "::ffff:0.0.0.0", DB: post-database}
    networks: [front, back]
networks:
  front: {name: dd-post-front, external: true}
  back: {name: dd-post-back, external: true}
END
sed -i 's/"::ffff:0.0.0.0"/""/' compose.yaml
# The database gets a name of its own in the network of the API, while it runs.
docker network create post-data
docker network connect --alias post-database post-data dd-post-db
sed -i 's/\[front, back\]/[front, data]/; s/^  back:.*/  data: {name: post-data, external: true}/' compose.yaml
docker compose up -d
