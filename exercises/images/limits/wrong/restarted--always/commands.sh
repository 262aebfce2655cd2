docker run --detach --name dd-limited --memory ${MEMORY}m --memory-swap ${MEMORY}m --cpus $CPUS --pids-limit $PIDS busybox:1.37 sleep infinity
docker run --detach --name dd-greedy --memory ${MEMORY}m --memory-swap ${MEMORY}m --restart always python:3.13-slim python -c 'data = b"x" * (200 << 20); print("200 MB, thank you")'
