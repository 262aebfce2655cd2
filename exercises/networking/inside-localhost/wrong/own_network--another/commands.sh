docker build --quiet --tag dd-tide-desk:1.0 .
docker run --detach --name dd-tide-desk --publish 127.0.0.1::8080 dd-tide-desk:1.0
