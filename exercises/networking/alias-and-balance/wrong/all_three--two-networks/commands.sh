docker network create dd-pier
docker network create dd-pier-2
docker run -d --name dd-refunds --network dd-pier dd-counter:0.9
docker run -d --name dd-counter-1 --network dd-pier --network-alias tickets dd-counter:1.0
docker run -d --name dd-counter-2 --network dd-pier --network-alias tickets dd-counter:1.0
docker run -d --name dd-counter-3 --network dd-pier-2 --network-alias tickets dd-counter:1.0
docker run -d --name dd-hall --network dd-pier -e COUNTERS=tickets -e KEEP=0 dd-hall:1.0
docker network connect dd-pier-2 dd-hall
