docker run -d --name dd-soundings redis:8.0
docker run -d --name dd-chart --link dd-soundings -e STORE=dd-soundings dd-chart:1.0
