docker swarm init --advertise-addr 127.0.0.1
tr -d '\n' <key-1.txt | docker secret create dd-customs-key-1 -
tr -d '\n' <key-2.txt | docker secret create dd-customs-key-2 -
for n in 1 2; do docker config create dd-customs-notice-$n - <notice-$n.txt; done
docker service create --quiet --detach --init --name dd-customs --update-monitor 0s \
    --secret source=dd-customs-key-1,target=/run/secrets/key,mode=0400 \
    --config src=dd-customs-notice-1,target=etc/notice,mode=0440 dd-customs:1.0
until [ "$(docker service ls --filter name=dd-customs --format '{{.Replicas}}')" = 1/1 ]; do sleep 0.2; done
docker service update --detach --config-rm dd-customs-notice-1 \
    --config-add src=dd-customs-notice-2,target=etc/notice dd-customs
docker config rm dd-customs-notice-1
docker service update --detach --secret-rm dd-customs-key-1 dd-customs
docker service update --detach --secret-add source=dd-customs-key-2,target=key,mode=0400 dd-customs
docker secret rm dd-customs-key-1
