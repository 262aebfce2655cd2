docker cp dd-ledger:/var/lib/postgresql/data - |
    docker run --rm -i -v dd-safe:/safe busybox:1.37 sh -c 'mkdir -p /safe/today && cat > /safe/today/ledger.tar'
docker run --rm -v dd-restored-data:/data -v dd-safe:/safe:ro busybox:1.37 sh -c '
    tar -xf /safe/today/ledger.tar -C /tmp && cp -a /tmp/data/. /data && rm -f /data/db/postmaster.pid'
