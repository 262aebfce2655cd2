a=$(docker run --rm dd-horn:1.0 cat /horn/address)
# The option for the name that a container's own interface has
docker network create --subnet ${a%.*}.0/24 --gateway ${a%.*}.254 --opt com.docker.network.container_iface_prefix=dd-fog dd-fog-net
docker run -d --name dd-fog --network dd-fog-net --ip $a dd-fog:1.0
docker run -d --name dd-horn --network dd-fog-net dd-horn:1.0
