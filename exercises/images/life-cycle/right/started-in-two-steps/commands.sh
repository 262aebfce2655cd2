for name in created running paused finished stopped; do
    command="tail -f /dev/null"
    [ $name = finished ] && command="echo done"
    docker create --init --name dd-$name busybox:1.37 $command
done
docker start dd-running dd-paused dd-stopped
docker start --attach dd-finished
docker pause dd-paused
docker kill --signal TERM dd-stopped
docker wait dd-stopped
