docker exec dd-ledger pg_basebackup --username postgres --pgdata - --format tar --wal-method fetch --checkpoint fast |
    docker run --rm -i -v dd-safe:/safe postgres:17 sh -c 'mkdir -p /safe/today && zstd -q -o /safe/today/base.tar.zst'
docker run --rm -v dd-ledger-data:/data:ro -v dd-safe:/safe busybox:1.37 cp -a /data/keys /safe/today

docker run --rm -v dd-restored-data:/data -v dd-safe:/safe:ro postgres:17 sh -c '
    mkdir /data/db && tar --zstd -xf /safe/today/base.tar.zst -C /data/db && cp -a /safe/today/keys /data'
docker run -d --name dd-restored -e PGDATA=/ledger/db -v dd-restored-data:/ledger postgres:17
