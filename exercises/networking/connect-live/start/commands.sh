# The recorder, and what the bureau's page shows of it
docker run --rm --network container:dd-recorder busybox:1.37 wget -q -O - localhost:8000
docker run --rm --network container:dd-bureau busybox:1.37 wget -q -O - localhost || true
