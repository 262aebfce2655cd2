address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' dd-kiln)
docker run --name dd-kiln-look --network bridge busybox:1.37 wget -T 2 -q -O - http://$address:9100/ || true
docker run -d --name dd-kiln-report --add-host host.docker.internal:host-gateway -e OFFICE=host.docker.internal dd-kiln:1.0 /srv/report.py
