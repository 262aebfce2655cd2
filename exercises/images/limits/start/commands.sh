echo "MEMORY=$MEMORY CPUS=$CPUS PIDS=$PIDS RESTARTS=$RESTARTS"

# dd-limited keeps running, within its limits.
docker run --detach --name dd-limited busybox:1.37 sleep infinity

# dd-greedy asks for 200 megabytes.
docker run --detach --name dd-greedy python:3.13-slim python -c 'data = b"x" * (200 << 20); print("200 MB, thank you")'
