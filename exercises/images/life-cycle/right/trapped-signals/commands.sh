docker container create --name dd-created busybox:1.37
docker run -dit --name dd-running busybox:1.37
docker run -d --name dd-paused busybox:1.37 sh -c 'while true; do date; sleep 5; done' && docker pause dd-paused
docker run -d --name dd-finished busybox:1.37 sh -c 'trap "exit 0" TERM; while true; do sleep 1; done'
docker run -d --name dd-stopped busybox:1.37 sh -c 'trap "exit 143" TERM; echo ready; while true; do sleep 1; done'
until docker logs dd-stopped | grep -q ready; do :; done
until docker top dd-finished | grep -q 'sleep 1'; do :; done
docker stop dd-finished dd-stopped
