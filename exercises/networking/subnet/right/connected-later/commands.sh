# The horn first, which gets the lowest address that is free: not the sensor's, which is kept apart
a=$(docker run --rm dd-horn:1.0 cat /horn/address)
docker network create --internal -o com.docker.network.bridge.name=dd-fog0 --subnet ${a%.*}.0/25 --gateway ${a%.*}.2 \
    --aux-address sensor=${a%.*}.3 --ip-range ${a%.*}.64/26 dd-fog-net
docker run -d --name dd-horn --network dd-fog-net --read-only --user 1042 dd-horn:1.0
docker run -d --name dd-fog --network none --read-only --user 1042 --cap-drop ALL dd-fog:1.0
docker network disconnect none dd-fog
docker network connect --ip $a dd-fog-net dd-fog
