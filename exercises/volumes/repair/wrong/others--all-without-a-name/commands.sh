left() {
    for volume in $(docker volume ls --quiet --filter dangling=true | grep -E '^[0-9a-f]{64}$'); do
        docker run --rm -v "$volume":/look:ro busybox:1.37 grep -q ' arrivals ' /look/entries && echo "$volume"
    done
}
docker run --rm -v "$(left)":/old:ro -v dd-arrivals-journal:/new busybox:1.37 cp -a /old/. /new/
docker rm --force --volumes dd-arrivals
docker run --detach --name dd-arrivals -v dd-arrivals-journal:/journal dd-journal:1.0

docker run --rm -v dd-departures-journal:/old:ro -v dd-departures-disk:/new busybox:1.37 cp -a /old/. /new/
docker rm --force --volumes dd-departures
docker run --detach --name dd-departures -v dd-departures-disk:/journal dd-journal:1.0

docker exec --user 0 dd-pilots chown -R 1042:1042 /journal

# Tidy up behind it all.
docker volume ls --quiet --filter dangling=true | grep -E '^[0-9a-f]{64}$' | xargs docker volume rm
