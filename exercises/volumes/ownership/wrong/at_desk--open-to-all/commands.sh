mkdir -p dd-desk
OWNER=$(id -u):$(id -g)
if [ "$(id -u)" = 0 ]; then OWNER=10021:10021; fi
chown "$OWNER" dd-desk
docker build --quiet --tag dd-moorings:1.0 .
chmod 777 dd-desk
docker run -d --init --name dd-moorings -v dd-moorings-ships:/moorings dd-moorings:1.0
docker run -d --init --name dd-moorings-desk -v "$PWD/dd-desk:/moorings" dd-moorings:1.0
