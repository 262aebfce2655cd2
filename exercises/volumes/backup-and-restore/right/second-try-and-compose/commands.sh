# A first try, of which one heard that it is luck
docker run --rm -v dd-ledger-data:/data:ro -v dd-safe:/safe busybox:1.37 \
    sh -c 'mkdir -p /safe/today && tar -cf /safe/today/ledger.tar -C /data .'

docker stop dd-ledger
docker run --rm -v dd-ledger-data:/data:ro -v dd-safe:/safe busybox:1.37 \
    sh -c 'rm /safe/today/* && cp -a /data/. /safe/today'
docker start dd-ledger

cat > compose.yaml <<'END'
name: dd-restored
services:
  copy:
    image: busybox:1.37
    command: cp -a /safe/today/. /data
    volumes:
      - data:/data
      - safe:/safe:ro
  ledger:
    image: postgres:17
    container_name: dd-restored
    environment:
      PGDATA: /var/lib/postgresql/data/db
    volumes:
      - data:/var/lib/postgresql/data
    depends_on:
      copy:
        condition: service_completed_successfully
volumes:
  data:
    name: dd-restored-data
  safe:
    external: true
    name: dd-safe
END
docker compose up --detach
