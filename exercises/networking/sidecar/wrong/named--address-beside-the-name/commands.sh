docker run --name dd-kiln-look --network container:dd-kiln busybox:1.37 wget -q -O - http://127.0.0.1:9100/
docker network create --subnet 172.30.247.0/24 dd-kiln-net
docker run -d --name dd-kiln-report --network dd-kiln-net --add-host office:172.30.247.1 -e OFFICE=office dd-kiln:1.0 /srv/report.py
