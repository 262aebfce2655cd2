docker pause dd-ledger
docker cp dd-ledger:/var/lib/postgresql/data/. - |
    docker run --rm -i -v dd-safe:/safe busybox:1.37 sh -c 'mkdir -p /safe/today && bzip2 > /safe/today/ledger.tar.bz2'
docker unpause dd-ledger

docker create --name dd-restored --user 999:999 --cap-drop ALL --read-only --tmpfs /run/postgresql --tmpfs /tmp \
    -e PGDATA=/var/lib/postgresql/data/db -v dd-restored-data:/var/lib/postgresql/data postgres:17
docker run --rm -v dd-safe:/safe:ro busybox:1.37 bunzip2 -c /safe/today/ledger.tar.bz2 |
    docker cp - dd-restored:/var/lib/postgresql/data
docker start dd-restored
