docker run -d --name dd-limited busybox:1.37 sleep infinity
docker update --memory ${MEMORY}m --memory-swap ${MEMORY}m --cpus $CPUS --pids-limit $PIDS dd-limited
docker create --name dd-greedy -m ${MEMORY}m python:3.13-slim python -c 'data = b"x" * (200 << 20); print("200 MB, thank you")'
docker update --restart on-failure:$RESTARTS dd-greedy
docker start dd-greedy
