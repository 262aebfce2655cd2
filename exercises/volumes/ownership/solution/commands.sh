# The folder, and who works there: you. Root does not, so where root runs this, as in a class, it is user 10021.
mkdir -p dd-desk
OWNER=$(id -u):$(id -g)
if [ "$(id -u)" = 0 ]; then OWNER=10021:10021; fi
chown "$OWNER" dd-desk

docker build --quiet --tag dd-moorings:1.0 .

docker run --detach --init --name dd-moorings --volume dd-moorings-ships:/moorings dd-moorings:1.0

docker run --detach --init --name dd-moorings-desk --user "$OWNER" --volume "$PWD/dd-desk:/moorings" dd-moorings:1.0
