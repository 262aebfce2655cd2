# As it was found
docker run --detach --name dd-kiln-report --env OFFICE=localhost dd-kiln:1.0 /srv/report.py

# What does it show? It has no tools either, so busybox asks, in the network of the reporter
docker run --rm --network container:dd-kiln-report busybox:1.37 timeout 10 sh -c 'until wget -O - localhost:8080/vase 2>&1 | grep -e error -e degrees; do usleep 100000; done'
docker logs dd-kiln-report
