quay() { docker exec dd-quay-1 docker "$@"; }
quay network create -d overlay dd-lane
quay node update --availability pause dd-quay-3
quay service create -d --no-resolve-image --name dd-archive --network dd-lane --constraint node.labels.disk==large busybox:1.37 httpd -f -p 8080 -h /etc
quay service create -d --no-resolve-image --name dd-watch --network dd-lane --mode global busybox:1.37 sleep 1d
