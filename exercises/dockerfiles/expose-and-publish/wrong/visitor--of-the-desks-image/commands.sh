docker build --tag dd-desk:1.0 .
docker run --detach --publish-all --name dd-desk dd-desk:1.0
docker run --name dd-desk-visitor --network container:dd-desk dd-desk:1.0 \
    sh -c 'until wget -q -O - http://127.0.0.1:9090/key; do sleep 1; done'
