quay() { docker exec dd-quay-1 docker "$@"; }
docker exec dd-quay-3 docker swarm leave
quay network create -d overlay dd-lane
quay service create -d --no-resolve-image --name dd-archive --network dd-lane --constraint node.labels.disk==large busybox:1.37 httpd -f -p 8080 -h /etc
quay service create -d --no-resolve-image --name dd-watch --network dd-lane --mode global busybox:1.37 sleep 1d
# Until the manager has noticed
timeout 60 sh -c 'until docker exec dd-quay-1 docker node ls --format "{{.Hostname}} {{.Status}}" | grep -q "dd-quay-3 Down"; do sleep 0.5; done'
