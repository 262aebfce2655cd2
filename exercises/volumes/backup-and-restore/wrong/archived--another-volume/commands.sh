docker pause dd-ledger
docker run --rm -v dd-ledger:/data:ro -v dd-safe:/safe busybox:1.37 \
    sh -c 'mkdir -p /safe/today && tar -cf /safe/today/ledger.tar -C /data .'
docker unpause dd-ledger
docker run --rm -v dd-restored-data:/data -v dd-safe:/safe:ro busybox:1.37 tar -xf /safe/today/ledger.tar -C /data
