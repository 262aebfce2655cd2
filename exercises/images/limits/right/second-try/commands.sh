docker run -d --name dd-greedy python:3.13-slim python -c 'data = b"x" * (200 << 20); print("200 MB, thank you")'
docker rm -f dd-greedy
docker run -d --name dd-greedy --memory=${MEMORY}M --restart on-failure:$RESTARTS --entrypoint python python:3.13-slim -c 'x = bytearray(b"1") * (200 << 20)'
docker run -itd --name dd-limited --memory ${MEMORY}m --memory-swap ${MEMORY}m --cpus=$CPUS --pids-limit $PIDS busybox:1.37
