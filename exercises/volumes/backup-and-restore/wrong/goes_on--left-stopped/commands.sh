docker stop dd-ledger
docker run --rm -v dd-ledger-data:/data:ro -v dd-safe:/safe busybox:1.37 \
    sh -c 'mkdir -p /safe/today && tar -czf /safe/today/ledger.tar.gz -C /data .'
docker run --rm -v dd-restored-data:/data -v dd-safe:/safe:ro busybox:1.37 tar -xzf /safe/today/ledger.tar.gz -C /data
docker run -d --name dd-restored -e POSTGRES_PASSWORD=harbour -e PGDATA=/var/lib/postgresql/data/db \
    -v dd-restored-data:/var/lib/postgresql/data postgres:17
