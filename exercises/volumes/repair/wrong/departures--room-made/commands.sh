left() {
    for volume in $(docker volume ls --quiet --filter dangling=true | grep -E '^[0-9a-f]{64}$'); do
        docker run --rm -v "$volume":/look:ro busybox:1.37 grep -q ' arrivals ' /look/entries && echo "$volume"
    done
}
docker run --rm -v "$(left)":/old:ro -v dd-arrivals-journal:/new busybox:1.37 cp -a /old/. /new/
docker rm --force --volumes dd-arrivals
docker run --detach --name dd-arrivals -v dd-arrivals-journal:/journal dd-journal:1.0

# The oldest half is of no use to anybody.
docker exec dd-departures sh -c 'tail -n 512 /journal/entries > /tmp/rest && cat /tmp/rest > /journal/entries'

docker exec --user 0 dd-pilots chown -R 1042:1042 /journal
