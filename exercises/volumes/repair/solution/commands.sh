# arrivals: its journal was in a volume without a name, which the container before left behind.
for volume in $(docker volume ls --quiet --filter dangling=true | grep -E '^[0-9a-f]{64}$'); do
    if docker run --rm -v "$volume":/old:ro busybox:1.37 grep -q ' arrivals ' /old/entries; then
        docker run --rm -v "$volume":/old:ro -v dd-arrivals-journal:/new busybox:1.37 cp -a /old/. /new/
    fi
done
docker rm --force --volumes dd-arrivals
docker run --detach --name dd-arrivals -v dd-arrivals-journal:/journal dd-journal:1.0

# departures: its volume is in memory, of 64 KB. What is in there is saved while the service runs.
docker run --rm -v dd-departures-journal:/old:ro -v dd-departures-disk:/new busybox:1.37 cp -a /old/. /new/
docker rm --force --volumes dd-departures
docker run --detach --name dd-departures -v dd-departures-disk:/journal dd-journal:1.0

# pilots: what was restored belongs to root.
docker exec --user 0 dd-pilots chown -R 1042:1042 /journal
