quay() { docker exec dd-quay-1 docker "$@"; }
quay node update --availability drain dd-quay-3
quay network create -d overlay dd-lane
quay network create -d overlay dd-other
quay service create -d --no-resolve-image --name dd-archive --network dd-other --constraint node.labels.disk==large busybox:1.37 httpd -f -p 8080 -h /etc
quay service create -d --no-resolve-image --name dd-watch --network dd-other --mode global busybox:1.37 sleep 1d
