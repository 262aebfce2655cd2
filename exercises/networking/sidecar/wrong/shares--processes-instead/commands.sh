docker run --name dd-kiln-look --network bridge --pid container:dd-kiln busybox:1.37 cat /proc/1/root/srv/state || true
docker run -d --name dd-kiln-report --add-host host.docker.internal:host-gateway -e OFFICE=host.docker.internal dd-kiln:1.0 /srv/report.py
