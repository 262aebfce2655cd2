docker run --detach --name dd-limited --memory ${MEMORY}m --memory-swap ${MEMORY}m --cpus $CPUS --pids-limit $PIDS busybox:1.37 sleep infinity
docker run -d --name dd-greedy --memory ${MEMORY}m --restart on-failure:$RESTARTS python:3.13-slim python -c "raise SystemExit(137)"
