docker run --detach --name dd-gate --tmpfs /run/gate:size=1m busybox:1.37 sleep 1d
printf %s "$CODE" | docker exec --interactive dd-gate sh -c 'cat >/run/gate/code'
docker restart --time 0 dd-gate
