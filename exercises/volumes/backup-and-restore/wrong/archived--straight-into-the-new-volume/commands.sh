docker stop dd-ledger
docker run --rm -v dd-ledger-data:/data:ro -v dd-restored-data:/new busybox:1.37 cp -a /data/. /new
docker start dd-ledger
docker run -d --name dd-restored -e POSTGRES_PASSWORD=harbour -e PGDATA=/var/lib/postgresql/data/db \
    -v dd-restored-data:/var/lib/postgresql/data postgres:17
