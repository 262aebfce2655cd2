# In the right network, and silent: what was asked by exec is not in its log
docker run -d --name dd-kiln-look --network container:dd-kiln busybox:1.37 sleep 1d
docker exec dd-kiln-look wget -q -O - http://127.0.0.1:9100/
docker run -d --name dd-kiln-report --add-host host.docker.internal:host-gateway -e OFFICE=host.docker.internal dd-kiln:1.0 /srv/report.py
