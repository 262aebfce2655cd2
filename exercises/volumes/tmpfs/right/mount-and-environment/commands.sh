docker create --name dd-gate --mount type=tmpfs,destination=/run/gate,tmpfs-size=512k,tmpfs-mode=0700 busybox:1.37 tail -f /dev/null
docker start dd-gate
docker exec --env CODE="$CODE" dd-gate sh -c 'umask 077; echo "$CODE" >/run/gate/code'
