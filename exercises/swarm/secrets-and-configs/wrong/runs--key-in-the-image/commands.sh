docker swarm init --advertise-addr 127.0.0.1
for n in 1 2; do
    docker create --name dd-customs dd-customs:1.0
    docker cp key-$n.txt dd-customs:/key && docker cp notice-$n.txt dd-customs:/etc/notice
    docker commit --change 'CMD ["sh", "-c", "mkdir -p /run/secrets; cp /key /run/secrets/key; exec /customs"]' dd-customs dd-customs:1.0
    docker rm dd-customs
    [ $n = 2 ] || docker service create --quiet --detach --no-resolve-image --name dd-customs dd-customs:1.0
done
docker service update --force --quiet --detach --no-resolve-image dd-customs
