cat > compose.yaml << 'END'
name: dd-tally
services:
  store:
    image: dd-tally:2
    container_name: dd-tally
    volumes: ["rows:/var/lib/tally"]
  before:
    image: dd-tally:1
    container_name: dd-tally-old
    volumes: ["old:/var/lib/tally/data"]
    profiles: [upgrade]
volumes:
  rows: { name: dd-tally-new }
  old: { name: dd-tally-data, external: true }
END
docker rm -fv dd-tally
docker compose --profile upgrade up --detach
docker compose exec -T before tally dump | docker compose exec -T store tally load
docker compose rm --stop --force before
