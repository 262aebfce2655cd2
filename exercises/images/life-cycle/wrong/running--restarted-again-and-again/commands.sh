docker create --name dd-created busybox:1.37 sleep 1d
docker run -d --restart always --name dd-running busybox:1.37 sh -c 'sleep 0.2; echo over'
until [ "$(docker inspect -f '{{.RestartCount}}' dd-running)" -gt 0 ]; do :; done
docker run -d --name dd-paused busybox:1.37 sleep 1d
docker pause dd-paused
docker run --name dd-finished busybox:1.37 true
docker run -d --init --name dd-stopped busybox:1.37 sleep 1d
docker stop dd-stopped
