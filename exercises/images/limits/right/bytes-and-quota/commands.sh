bytes=$((MEMORY * 1024 * 1024))
quota=$(echo "$CPUS" | jq ". * 50000 | round")
docker run -d --name dd-limited -m $bytes --memory-swap $bytes --cpu-period 50000 --cpu-quota $quota --pids-limit=$PIDS --restart unless-stopped busybox:1.37 sh -c "while true; do sleep 5; done"
docker run --name dd-greedy -m $bytes --memory-swap $bytes --restart=on-failure:$RESTARTS python:3.13-slim python -c 'data = b"x" * (200 << 20); print("200 MB, thank you")'
