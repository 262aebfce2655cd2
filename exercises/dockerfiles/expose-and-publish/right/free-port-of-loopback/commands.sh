docker build --quiet -t dd-desk:1.0 .
docker create --name dd-desk -p 127.0.0.1::8080 dd-desk:1.0
docker start dd-desk
docker create --name dd-desk-visitor --network container:dd-desk busybox:1.37 sh -c 'until wget -q -O /tmp/key localhost:9090/key; do sleep 1; done; echo "The key is $(cat /tmp/key)."'
docker start -a dd-desk-visitor
