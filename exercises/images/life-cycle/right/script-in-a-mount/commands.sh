docker create --name dd-created busybox:1.37 sleep 1d
docker run -d --name dd-running busybox:1.37 sleep 1d
docker run -d --name dd-paused busybox:1.37 sleep 1d
docker pause dd-paused
docker run --name dd-finished busybox:1.37 true
printf "trap \"exit 143\" TERM\nwhile true; do sleep 0.1; done\n" > wait.sh
docker run -d --name dd-stopped --volume "$PWD:/scripts:ro" --workdir /scripts busybox:1.37 sh wait.sh
sleep 0.5
docker stop dd-stopped
