docker network create dd-fairway
docker run -d --name dd-soundings --network dd-fairway redis:8.0
docker run -d --name dd-chart --network dd-fairway --link dd-soundings:store -e STORE=store dd-chart:1.0
