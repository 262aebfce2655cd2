mkdir -p dd-desk
OWNER=$(id -u):$(id -g)
if [ "$(id -u)" = 0 ]; then OWNER=10021:10021; fi
chown "$OWNER" dd-desk
docker build --quiet --tag dd-moorings:1.0 .
docker volume create dd-moorings-ships
docker run -d --init --name dd-moorings dd-moorings:1.0
docker run -d --init --name dd-moorings-desk --user "$OWNER" -v "$PWD/dd-desk:/moorings" dd-moorings:1.0
