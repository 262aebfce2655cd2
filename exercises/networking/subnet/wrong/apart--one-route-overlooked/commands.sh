a=$(docker run --rm dd-horn:1.0 cat /horn/address)
# Behind the first route, up to the next multiple of 16: the second one lies there
docker network create --subnet ${a%.*}.0/20 --gateway ${a%.*}.254 --opt com.docker.network.bridge.name=dd-fog0 dd-fog-net
docker run -d --name dd-fog --network dd-fog-net --ip $a dd-fog:1.0
docker run -d --name dd-horn --network dd-fog-net dd-horn:1.0
