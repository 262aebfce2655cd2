docker build --quiet --tag dd-tide-desk:1.0 .
docker run --detach --name dd-tide-desk --network dd-tide-net --publish 127.0.0.1::8080 dd-tide-desk:1.0
docker exec dd-tide-desk sed -i 's/"127.0.0.1"/"0.0.0.0"/; s/localhost:9000/dd-tide-gauge:9000/' app.py
docker restart dd-tide-desk
