a=$(docker run --rm dd-horn:1.0 cat /horn/address)
docker network create --subnet ${a%.*}.0/24 dd-fog-net
docker run -d --name dd-fog --network dd-fog-net --ip $a dd-fog:1.0 || true
docker rm --force dd-fog
docker network rm dd-fog-net
docker network create --subnet ${a%.*}.0/29 --gateway ${a%.*}.6 -o com.docker.network.bridge.name=dd-fog0 dd-fog-net
docker run -d --name dd-fog --network dd-fog-net --ip $a --rm dd-fog:1.0
docker run -d --name dd-horn --network dd-fog-net dd-horn:1.0
