a=$(docker run --rm dd-horn:1.0 cat /horn/address)
# Another network of the Engine's has the range
docker network create --subnet ${a%.*}.0/24 dd-fog
docker network create --subnet ${a%.*}.0/25 --gateway ${a%.*}.126 dd-fog-net
docker run -d --name dd-fog --network dd-fog-net --ip $a dd-fog:1.0
docker run -d --name dd-horn --network dd-fog-net dd-horn:1.0
