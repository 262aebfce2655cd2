docker run --detach --name dd-gate --tmpfs /run:size=1m --volume dd-gate-memory:/run/gate busybox:1.37 sleep 1d
printf %s "$CODE" | docker exec --interactive dd-gate sh -c 'cat >/run/code'
