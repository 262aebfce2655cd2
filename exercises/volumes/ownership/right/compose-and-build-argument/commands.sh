mkdir -p dd-desk
OWNER=$(id -u):$(id -g)
if [ "$(id -u)" = 0 ]; then OWNER=10021:10021; fi
chown "$OWNER" dd-desk
export OWNER
cat > compose.yaml <<'END'
name: dd-moorings
services:
  moorings:
    build:
      context: .
      args: [OWNER]
    image: dd-moorings:1.0
    container_name: dd-moorings
    init: true
    network_mode: none
    volumes: ["ships:/moorings"]
  desk:
    image: dd-moorings:1.0
    container_name: dd-moorings-desk
    init: true
    network_mode: none
    volumes: ["./dd-desk:/moorings"]
    depends_on: [moorings]
volumes:
  ships:
    name: dd-moorings-ships
END
docker compose build
docker compose up --detach
