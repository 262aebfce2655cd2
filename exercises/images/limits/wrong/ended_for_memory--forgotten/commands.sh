docker run --detach --name dd-limited --memory ${MEMORY}m --memory-swap ${MEMORY}m --cpus $CPUS --pids-limit $PIDS busybox:1.37 sleep infinity
