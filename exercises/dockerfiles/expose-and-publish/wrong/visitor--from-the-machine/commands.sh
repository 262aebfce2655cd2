docker build --tag dd-desk:1.0 .
docker run --detach --publish-all --name dd-desk dd-desk:1.0
docker run --name dd-desk-visitor --network host busybox:1.37 wget -q -O - http://127.0.0.1:9090/key
