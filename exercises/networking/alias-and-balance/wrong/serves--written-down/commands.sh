docker network create dd-pier
docker run -d --name dd-refunds --network dd-pier dd-counter:0.9
hosts=
for number in 1 2 3; do
    docker run -d --name dd-counter-$number --network dd-pier dd-counter:1.0
    hosts="$hosts --add-host tickets:$(docker inspect --format '{{(index .NetworkSettings.Networks "dd-pier").IPAddress}}' dd-counter-$number)"
done
# The name is known without an alias, from a file
docker run -d --name dd-hall --network dd-pier $hosts -e COUNTERS=tickets -e KEEP=0 dd-hall:1.0
