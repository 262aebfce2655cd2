docker run --name dd-kiln-look --network container:dd-kiln busybox:1.37 wget -q -O - http://127.0.0.1:9100/
docker run -d --name dd-kiln-report --add-host host.docker.internal:host-gateway -e OFFICE=localhost dd-kiln:1.0 /srv/report.py
