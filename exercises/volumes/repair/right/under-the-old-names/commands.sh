left() {
    for volume in $(docker volume ls --quiet --filter dangling=true | grep -E '^[0-9a-f]{64}$'); do
        docker run --rm -v "$volume":/look:ro busybox:1.37 grep -q ' arrivals ' /look/entries && echo "$volume"
    done
}
docker stop --time 1 dd-arrivals
docker run --rm -v "$(left)":/old:ro -v dd-arrivals-journal:/new busybox:1.37 sh -c 'tar -C /old -c . | tar -C /new -xp'
# What was written since last night, behind what was there before.
docker run --rm --volumes-from dd-arrivals:ro -v dd-arrivals-journal:/new busybox:1.37 sh -c 'cat /journal/entries >> /new/entries'
docker rm --volumes dd-arrivals
docker run --detach --name dd-arrivals --cap-drop ALL --read-only --mount source=dd-arrivals-journal,target=/journal dd-journal:1.0

# Out of the Engine, while it runs; the volume made again without options; and back.
docker cp --archive dd-departures:/journal - > departures.tar
docker rm --force dd-departures
docker volume rm dd-departures-journal
docker volume create dd-departures-journal
docker run --rm --interactive --volume dd-departures-journal:/journal busybox:1.37 tar -x < departures.tar
docker run --detach --name dd-departures --volume dd-departures-journal:/journal dd-journal:1.0

docker stop --time 1 dd-pilots
docker run --rm --user 0 --volumes-from dd-pilots dd-journal:1.0 sh -c 'find /journal -exec chown 1042:1042 {} +; chmod -R go-rwx /journal'
docker start dd-pilots
