docker create --name dd-created busybox:1.37 no-such-command
docker run -d --name dd-running busybox:1.37 sleep 600
docker run -d --name dd-paused busybox:1.37 sleep 600
docker pause dd-paused
docker run -d --name dd-finished busybox:1.37
docker wait dd-finished
docker run -d --init --name dd-stopped busybox:1.37 sleep 600
docker exec dd-stopped kill 1
docker wait dd-stopped
