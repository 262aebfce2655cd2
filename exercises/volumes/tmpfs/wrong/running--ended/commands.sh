docker run --detach --name dd-gate --tmpfs /run/gate:size=1m busybox:1.37 true
docker wait dd-gate
printf %s "$CODE" | docker exec --interactive dd-gate sh -c 'cat >/run/gate/code' || true
