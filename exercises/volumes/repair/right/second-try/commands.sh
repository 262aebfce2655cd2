left() {
    for volume in $(docker volume ls --quiet --filter dangling=true | grep -E '^[0-9a-f]{64}$'); do
        docker run --rm -v "$volume":/look:ro busybox:1.37 grep -q ' arrivals ' /look/entries && echo "$volume"
    done
}
# By its digits first, and then to a name.
volume=$(left)
docker rm --force dd-arrivals
docker run --detach --name dd-arrivals -v "$volume":/journal dd-journal:1.0
docker run --rm --volumes-from dd-arrivals -v dd-arrivals-journal:/new busybox:1.37 cp -a /journal/. /new/
docker rm --force dd-arrivals
docker run --detach --name dd-arrivals -v dd-arrivals-journal:/journal dd-journal:1.0

# A larger one in memory is full tomorrow: another one, on the disk.
docker exec dd-departures cat /journal/entries > saved
docker rm --force dd-departures
docker volume create dd-departures-disk
docker run --rm --interactive -v dd-departures-disk:/journal dd-journal:1.0 sh -c 'cat > /journal/entries' < saved
docker run --detach --name dd-departures -v dd-departures-disk:/journal dd-journal:1.0

docker exec --user 0 dd-pilots chmod -R 777 /journal
docker exec --user 0 dd-pilots sh -c 'chown -R 1042:1042 /journal; chmod -R u=rwX,go=rX /journal'
