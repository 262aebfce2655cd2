# A swarm of this one Engine, if it is in none
docker swarm init --advertise-addr 127.0.0.1

# The first key and notice
docker secret create dd-customs-key-1 key-1.txt
docker config create dd-customs-notice-1 notice-1.txt
docker service create --quiet --detach --no-resolve-image --name dd-customs \
    --secret source=dd-customs-key-1,target=key \
    --config source=dd-customs-notice-1,target=/etc/notice \
    dd-customs:1.0
until [ "$(docker service ls --filter name=dd-customs --format '{{.Replicas}}')" = 1/1 ]; do sleep 0.2; done

# The second ones in their places
docker config create dd-customs-key-2 key-2.txt
docker config create dd-customs-notice-2 notice-2.txt
docker service update --quiet --detach --no-resolve-image dd-customs \
    --secret-rm dd-customs-key-1 --config-add source=dd-customs-key-2,target=/run/secrets/key \
    --config-rm dd-customs-notice-1 --config-add source=dd-customs-notice-2,target=/etc/notice

# Nobody is told the first ones any more
docker secret rm dd-customs-key-1
docker config rm dd-customs-notice-1
