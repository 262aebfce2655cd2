docker create --name dd-created busybox:1.37 sleep 1d
docker run -d --name dd-running busybox:1.37 sleep 1d
docker run -d --name dd-paused busybox:1.37 sleep 1d
docker pause dd-paused
docker run --name dd-finished busybox:1.37 true
docker run -d -i --init --name dd-stopped busybox:1.37 cat
docker stop dd-stopped
