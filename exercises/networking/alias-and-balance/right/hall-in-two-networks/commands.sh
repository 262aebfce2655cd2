docker network create dd-pier
docker network create dd-pier-yard
docker run -d --name dd-refunds --network dd-pier-yard dd-counter:0.9
docker create --name dd-hall --network dd-pier-yard --link dd-counter-1:first -e COUNTERS=tickets -e KEEP=0.0 dd-hall:1.0
docker network connect dd-pier dd-hall
for number in 3 2 1; do docker create --name dd-counter-$number --network dd-pier --network-alias tickets dd-counter:1.0; done
docker start dd-counter-1 dd-counter-2 dd-counter-3 dd-hall
