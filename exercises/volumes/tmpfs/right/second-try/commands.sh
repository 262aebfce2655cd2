docker run --detach --name dd-gate --env CODE="$CODE" busybox:1.37 sleep 1d
docker rm --force dd-gate
docker run --detach --name dd-gate --read-only --network none --tmpfs /run/gate:size=1048576,mode=700,uid=1000 --user 1000 busybox:1.37 sh -c 'trap "exit 0" TERM; while :; do sleep 1; done'
docker exec --interactive dd-gate dd of=/run/gate/code 2>/dev/null <<END
$CODE
END
