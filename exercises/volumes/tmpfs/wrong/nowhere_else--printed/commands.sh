docker run --detach --name dd-gate --tmpfs /run/gate:size=1m busybox:1.37 \
    sh -c 'until [ -s /run/gate/code ]; do sleep 0.1; done; cat /run/gate/code; echo; exec sleep 1d'
printf '%s\n' "$CODE" | docker exec --interactive dd-gate sh -c 'cat >/run/gate/new; mv /run/gate/new /run/gate/code'
until docker logs dd-gate | grep -q .; do sleep 0.1; done
