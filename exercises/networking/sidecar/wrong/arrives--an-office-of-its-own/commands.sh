# An office that looks like the other one, in a network that both share
docker run --name dd-kiln-look --network container:dd-kiln busybox:1.37 wget -q -O - http://127.0.0.1:9100/
docker network create dd-kiln-net
docker run -d --name dd-kiln-report --network dd-kiln-net -e OFFICE=localhost dd-kiln:1.0 /srv/report.py
docker run -d --name dd-kiln-copy --network container:dd-kiln-report dd-kiln:1.0 /srv/office.py
