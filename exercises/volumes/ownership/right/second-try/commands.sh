mkdir -p dd-desk
OWNER=$(id -u):$(id -g)
if [ "$(id -u)" = 0 ]; then OWNER=10021:10021; fi
chown "$OWNER" dd-desk

# The first try: the volume is made as root, who writes into it.
echo 'FROM busybox:1.37' | docker build --quiet --tag dd-moorings:1.0 -
docker run -d --init --name dd-moorings -v dd-moorings-ships:/moorings dd-moorings:1.0 sh -c "touch /moorings/Dunlin; sleep 1d"
docker exec dd-moorings timeout 20 sh -c 'until [ -e /moorings/Dunlin ]; do sleep 0.1; done'
docker rm -f dd-moorings
docker volume rm dd-moorings-ships

docker build --quiet --tag dd-moorings:1.0 .
docker run -d --init --name dd-moorings --mount type=volume,source=dd-moorings-ships,target=/moorings dd-moorings:1.0
docker run -d --init --name dd-moorings-desk -u "$(stat -c %u dd-desk)" --mount "type=bind,source=$PWD/dd-desk,target=/moorings" dd-moorings:1.0
