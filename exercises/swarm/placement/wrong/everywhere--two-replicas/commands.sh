quay() { docker exec dd-quay-1 docker "$@"; }
quay node update --availability drain dd-quay-3
quay network create -d overlay dd-lane
quay service create -d --no-resolve-image --name dd-archive --network dd-lane --constraint node.labels.disk==large busybox:1.37 httpd -f -p 8080 -h /etc
quay service create -d --no-resolve-image --name dd-watch --network dd-lane --replicas 2 --replicas-max-per-node 1 busybox:1.37 sleep 1d
