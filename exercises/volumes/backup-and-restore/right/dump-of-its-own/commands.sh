docker exec dd-ledger pg_dump --username postgres --format custom postgres |
    docker run --rm -i -v dd-safe:/safe busybox:1.37 sh -c 'mkdir -p /safe/today && cat > /safe/today/ledger.dump'
docker run --rm -v dd-ledger-data:/data:ro -v dd-safe:/safe busybox:1.37 tar -cf /safe/today/keys.tar -C /data keys

docker run -d --name dd-restored -e POSTGRES_PASSWORD=harbour -e PGDATA=/var/lib/postgresql/data/db \
    -v dd-restored-data:/var/lib/postgresql/data postgres:17
docker exec dd-restored timeout 40 sh -c 'until pg_isready --quiet --host 127.0.0.1; do sleep 0.2; done'
docker run --rm -v dd-safe:/safe:ro busybox:1.37 cat /safe/today/ledger.dump |
    docker exec -i dd-restored pg_restore --username postgres --dbname postgres
docker run --rm --volumes-from dd-restored -v dd-safe:/safe:ro busybox:1.37 \
    tar -xf /safe/today/keys.tar -C /var/lib/postgresql/data
