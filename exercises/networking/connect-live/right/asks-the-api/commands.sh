# Asks the Engine's API itself, with no command of Docker's for networks
socket=${DOCKER_HOST#unix://}
curl --silent --show-error --fail --unix-socket "${socket:-/var/run/docker.sock}" \
    --json '{"Container": "dd-recorder", "EndpointConfig": {"Aliases": ["barograph", "weather"]}}' \
    http://docker/networks/dd-shore/connect
