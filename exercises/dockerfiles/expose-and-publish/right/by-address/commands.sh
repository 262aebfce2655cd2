docker build -t dd-desk:1.0 .
docker run -d -P --name dd-desk dd-desk:1.0
address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' dd-desk)
docker run --name dd-desk-visitor busybox:1.37 sh -c "for i in 1 2 3 4 5; do wget -q -O - http://$address:9090/key && exit 0; sleep 1; done; exit 1"
