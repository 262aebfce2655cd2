docker run --detach --name dd-limited --memory ${MEMORY}m --memory-swap ${MEMORY}m --cpus $CPUS --pids-limit $PIDS debian:trixie-slim sleep infinity
docker run --detach --name dd-greedy --memory ${MEMORY}m --memory-swap ${MEMORY}m --restart on-failure:$RESTARTS python:3.13-slim python -c 'data = b"x" * (200 << 20); print("200 MB, thank you")'
