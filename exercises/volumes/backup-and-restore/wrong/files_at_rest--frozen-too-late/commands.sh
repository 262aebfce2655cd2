docker run --rm -v dd-ledger-data:/data:ro -v dd-safe:/safe busybox:1.37 \
    sh -c 'mkdir -p /safe/today && tar -cf /safe/today/ledger.tar -C /data .'
docker pause dd-ledger
docker run --rm -v dd-restored-data:/data -v dd-safe:/safe:ro busybox:1.37 tar -xf /safe/today/ledger.tar -C /data
docker run -d --name dd-restored -e POSTGRES_PASSWORD=harbour -e PGDATA=/var/lib/postgresql/data/db \
    -v dd-restored-data:/var/lib/postgresql/data postgres:17
docker unpause dd-ledger
