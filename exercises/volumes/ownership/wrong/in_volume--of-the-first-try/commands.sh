mkdir -p dd-desk
OWNER=$(id -u):$(id -g)
if [ "$(id -u)" = 0 ]; then OWNER=10021:10021; fi
chown "$OWNER" dd-desk
docker build --quiet --tag dd-moorings:1.0 .
# Root wrote into the volume before the image was mended, and only the container is made again.
echo 'FROM busybox:1.37' | docker build --quiet --tag dd-moorings:1.0 -
docker run -d --init --name dd-moorings -v dd-moorings-ships:/moorings dd-moorings:1.0 sh -c "touch /moorings/Dunlin; sleep 1d"
docker exec dd-moorings timeout 20 sh -c 'until [ -e /moorings/Dunlin ]; do sleep 0.1; done'
docker rm -f dd-moorings
docker build --quiet --tag dd-moorings:1.0 .
docker run -d --init --name dd-moorings -v dd-moorings-ships:/moorings dd-moorings:1.0
docker run -d --init --name dd-moorings-desk --user "$OWNER" -v "$PWD/dd-desk:/moorings" dd-moorings:1.0
