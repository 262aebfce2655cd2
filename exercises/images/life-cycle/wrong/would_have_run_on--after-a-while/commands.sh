docker create --name dd-created busybox:1.37 sleep 1d
docker run -d --name dd-running busybox:1.37 sleep 1d
docker run -d --name dd-paused busybox:1.37 sleep 1d
docker pause dd-paused
docker run --name dd-finished busybox:1.37 true
docker run --name dd-stopped busybox:1.37 sh -c 'sleep 3; exit 143'
