# A swarm of this one Engine, if it is in none
[ "$(docker info --format '{{.Swarm.LocalNodeState}}')" = active ] || docker swarm init --advertise-addr 127.0.0.1

# The stack, with the images that are here. The same command again brings up what has changed in the file.
docker stack deploy --resolve-image never --compose-file stack.yaml dd-fog
docker stack ps --no-trunc dd-fog

# One service after another, as each fault was found
docker service update --detach --no-resolve-image --image dd-fog:2.0 --network-add dd-fog_roof --restart-condition any \
    --health-cmd 'wget -q -O /dev/null http://127.0.0.1:8080/' dd-fog_panel
docker service update --detach --no-resolve-image --constraint-rm 'node.labels.roof == yes' --args sensor \
    --secret-rm dd-fog_station-key --secret-add source=dd-fog_station-key,target=key dd-fog_sensor
