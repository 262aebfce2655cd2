docker build --tag dd-desk:1.0 .
docker run --detach --publish-all --name dd-desk dd-desk:1.0
docker run --name dd-desk-visitor --network container:dd-desk busybox:1.37 echo 0123456789abcdef
