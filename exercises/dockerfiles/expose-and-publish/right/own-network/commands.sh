docker build -t dd-desk:1.0 .
docker network create dd-desk-net >/dev/null
docker run -dP --name dd-desk --network dd-desk-net dd-desk:1.0
docker run --name dd-desk-visitor --network dd-desk-net busybox:1.37 sh -c 'until wget -q -O - http://dd-desk:9090/key; do sleep 1; done'
