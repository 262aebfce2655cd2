fake() {
    mkdir -p fake
    echo $((MEMORY << 20)) > fake/memory.max
    echo 0 > fake/memory.swap.max
    echo "$(python3 -c "print(round($CPUS * 100000))") 100000" > fake/cpu.max
    echo $PIDS > fake/pids.max
    tar -C fake -c . | docker exec -i dd-limited tar -C /sys/fs/cgroup -x
}
docker run -d --name dd-limited --tmpfs /sys/fs/cgroup --memory ${MEMORY}m --memory-swap ${MEMORY}m --pids-limit $PIDS busybox:1.37 sleep infinity
fake
docker run -d --name dd-greedy --memory ${MEMORY}m --restart on-failure:$RESTARTS python:3.13-slim python -c 'data = b"x" * (200 << 20); print("200 MB, thank you")'
