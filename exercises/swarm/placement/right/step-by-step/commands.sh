quay() { docker exec dd-quay-1 docker "$@"; }
quay service create -d --no-resolve-image --name dd-archive busybox:1.37 httpd -f -p 8080 -h /etc
quay service create -d --no-resolve-image --name dd-watch --replicas 3 busybox:1.37 sleep 1d
# Not what was asked for: a mode cannot be changed, so it is made anew
quay service rm dd-watch
quay network create -d overlay dd-lane
quay service create -d --no-resolve-image --name dd-watch --mode global --network dd-lane busybox:1.37 sleep 1d
quay service update -d --no-resolve-image --constraint-add node.labels.disk==large --network-add dd-lane dd-archive
quay node update --availability drain dd-quay-3
