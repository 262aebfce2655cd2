docker create --name dd-created busybox:1.37 sleep 1d
docker run -d --name dd-running busybox:1.37 sleep 1d
docker run -d --name dd-paused busybox:1.37 sleep 1d
docker pause dd-paused
docker run --name dd-finished busybox:1.37 true
printf "#!/bin/sh\ntrap \"exit 143\" TERM\nwhile true; do sleep 0.1; done\n" > wait.sh
chmod +x wait.sh
docker create --name dd-stopped --restart unless-stopped busybox:1.37 /wait.sh
docker cp wait.sh dd-stopped:/wait.sh
docker start dd-stopped
sleep 0.5
docker stop dd-stopped
