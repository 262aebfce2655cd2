docker network create dd-pier
docker run -d --name dd-refunds --network dd-pier dd-counter:0.9
docker run -d --name dd-counter-1 --network dd-pier --network-alias tickets dd-counter:1.0
docker run --rm --network container:dd-counter-1 busybox:1.37 sh -c 'timeout 20 sh -c "until wget -q -O /dev/null localhost:8000; do usleep 100000; done"'
docker run -d --name dd-counter-2 --network container:dd-counter-1 dd-counter:1.0
docker run -d --name dd-counter-3 --network container:dd-counter-1 dd-counter:1.0
docker run -d --name dd-hall --network dd-pier -e COUNTERS=tickets -e KEEP=0 dd-hall:1.0
timeout 20 sh -c 'until [ -z "$(docker ps -q --filter name=dd-counter-2 --filter name=dd-counter-3)" ]; do sleep 0.1; done'
