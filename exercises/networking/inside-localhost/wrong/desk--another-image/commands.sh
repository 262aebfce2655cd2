docker build --quiet --tag dd-tide-desk:1.0 .
docker run --detach --name dd-tide-desk --network dd-tide-net --publish 127.0.0.1::8080 --volume "$PWD":/desk --workdir /desk python:3.13-slim python app.py
