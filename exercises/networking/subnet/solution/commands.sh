address=$(docker run --rm dd-horn:1.0 cat /horn/address)
docker network create --subnet "${address%.*}.0/24" --gateway "${address%.*}.254" \
    --opt com.docker.network.bridge.name=dd-fog0 dd-fog-net
docker run --detach --name dd-fog --network dd-fog-net --ip "$address" dd-fog:1.0
docker run --detach --name dd-horn --network dd-fog-net dd-horn:1.0
