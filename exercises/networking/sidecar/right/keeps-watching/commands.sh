# A sidecar that stays, and asks again and again
docker create --name dd-kiln-look --network container:dd-kiln --restart unless-stopped busybox:1.37 sh -c 'while wget -q -O - localhost:9100; do sleep 5; done'
docker start dd-kiln-look
docker run -d --name dd-kiln-report --add-host host.docker.internal:host-gateway -e OFFICE=host.docker.internal dd-kiln:1.0 /srv/report.py
