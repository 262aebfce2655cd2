docker pause dd-ledger
docker run --rm --volume dd-ledger-data:/data:ro --volume dd-safe:/safe busybox:1.37 \
    sh -c 'mkdir -p /safe/today && tar -c -f /safe/today/ledger.tar -C /data .'
docker unpause dd-ledger

docker run --rm --volume dd-restored-data:/data --volume dd-safe:/safe:ro busybox:1.37 \
    tar -x -f /safe/today/ledger.tar -C /data

docker run --detach --name dd-restored --env POSTGRES_PASSWORD=harbour --env PGDATA=/var/lib/postgresql/data/db \
    --volume dd-restored-data:/var/lib/postgresql/data postgres:17
