# What is said to the manager
manager() { docker exec dd-quay-1 docker "$@"; }

manager node update --availability drain dd-quay-3
manager network create --driver overlay dd-lane

# One, where the label is; and one for each node
manager service create --quiet --detach --no-resolve-image --name dd-archive --network dd-lane \
    --constraint node.labels.disk==large busybox:1.37 httpd -f -p 8080 -h /etc
manager service create --quiet --detach --no-resolve-image --name dd-watch --network dd-lane \
    --mode global --init busybox:1.37 sleep 1d
