docker run --detach --name dd-gate --env CODE="$CODE" busybox:1.37 sleep 1d
docker rm --force dd-gate
docker run --detach --name dd-gate --read-only --network none --cap-drop ALL --tmpfs /run/gate:size=1048576,mode=700,uid=1000 --user 1000 busybox:1.37 sh -c 'trap "exit 0" TERM; while :; do sleep 1; done'
docker exec --interactive dd-gate sh -c 'umask 077; cat >/run/gate/code' <<END
$CODE
END
