docker build --quiet --tag dd-tide-desk:1.0 .
docker run --detach --name dd-tide-desk --network dd-tide-net --publish 127.0.0.1::8080 --read-only --cap-drop ALL --user 1000 dd-tide-desk:1.0
