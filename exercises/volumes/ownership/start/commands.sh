# The folder, and who works there: you. Root does not, so where root runs this, as in a class, it is user 10021.
mkdir -p dd-desk
OWNER=$(id -u):$(id -g)
if [ "$(id -u)" = 0 ]; then OWNER=10021:10021; fi
chown "$OWNER" dd-desk

docker build --quiet --tag dd-moorings:1.0 .

# 1. dd-moorings, with the volume dd-moorings-ships at /moorings

# 2. dd-moorings-desk, with the folder dd-desk at /moorings
