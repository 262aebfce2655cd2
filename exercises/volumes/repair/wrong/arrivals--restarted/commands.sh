# Perhaps it finds them at the next start.
docker restart --time 1 dd-arrivals

docker run --rm -v dd-departures-journal:/old:ro -v dd-departures-disk:/new busybox:1.37 cp -a /old/. /new/
docker rm --force --volumes dd-departures
docker run --detach --name dd-departures -v dd-departures-disk:/journal dd-journal:1.0

docker exec --user 0 dd-pilots chown -R 1042:1042 /journal
