# The image of the kiln has a client too: Python. The first reporter was wrong
docker run -d --name dd-kiln-report -e OFFICE=host.docker.internal dd-kiln:1.0 /srv/report.py
docker rm -f dd-kiln-report
docker network create dd-kiln-net
docker run -d --name dd-kiln-report --network dd-kiln-net --add-host=the-machine:host-gateway --cap-drop ALL --user 1042 --read-only -e OFFICE=the-machine dd-kiln:1.0 /srv/report.py
docker run --name dd-kiln-look --network "container:$(docker inspect --format '{{.Id}}' dd-kiln)" --user 1042 dd-kiln:1.0 \
    -c 'import urllib.request; print(urllib.request.urlopen("http://127.0.0.1:9100/").read().decode())'
