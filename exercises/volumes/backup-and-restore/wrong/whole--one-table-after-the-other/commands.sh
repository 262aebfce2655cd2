docker run --rm -v dd-ledger-data:/data:ro -v dd-safe:/safe busybox:1.37 \
    sh -c 'mkdir -p /safe/today && cp -a /data/keys /safe/today'
for table in ledger balance; do
    docker exec dd-ledger pg_dump --username postgres --table $table postgres
done | docker run --rm -i -v dd-safe:/safe busybox:1.37 sh -c 'cat > /safe/today/ledger.sql'

docker run -d --name dd-restored -e POSTGRES_PASSWORD=harbour -e PGDATA=/var/lib/postgresql/data/db \
    -v dd-restored-data:/var/lib/postgresql/data postgres:17
docker exec dd-restored timeout 40 sh -c 'until pg_isready --quiet --host 127.0.0.1; do sleep 0.2; done'
docker run --rm -v dd-safe:/safe:ro busybox:1.37 cat /safe/today/ledger.sql |
    docker exec -i dd-restored psql --quiet --username postgres
docker run --rm -v dd-restored-data:/data -v dd-safe:/safe:ro busybox:1.37 cp -a /safe/today/keys /data
