a=$(docker run --rm dd-horn:1.0 cat /horn/address)
net=$(echo $a | cut -d . -f 1-2)
docker network create --subnet $net.0.0/16 --gateway $net.0.1 --opt com.docker.network.bridge.name=dd-fog0 dd-fog-net
docker run -d --name dd-fog --network dd-fog-net --ip $a dd-fog:1.0
docker run -d --name dd-horn --network dd-fog-net dd-horn:1.0
