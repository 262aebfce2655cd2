# First in the default bridge, where the chart does not find the store
docker run -d --name dd-soundings redis:8.0
docker run -d --name dd-chart -e STORE=dd-soundings dd-chart:1.0
docker run --rm --network container:dd-chart busybox:1.37 wget -q -O - localhost:8080/north
docker network create dd-fairway
docker network connect dd-fairway dd-soundings
docker network connect dd-fairway dd-chart
