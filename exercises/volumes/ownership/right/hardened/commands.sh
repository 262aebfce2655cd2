mkdir -p dd-desk
OWNER=$(id -u):$(id -g)
if [ "$(id -u)" = 0 ]; then OWNER=10021:10021; fi
chown "$OWNER" dd-desk
chmod 700 dd-desk
docker build --quiet --tag dd-moorings:1.0 .
locked="--init --detach --cap-drop ALL --security-opt no-new-privileges --read-only --network none"
docker run $locked --name dd-moorings -v dd-moorings-ships:/moorings dd-moorings:1.0
docker run $locked --name dd-moorings-desk --user "$OWNER" -v "$PWD/dd-desk:/moorings" dd-moorings:1.0
