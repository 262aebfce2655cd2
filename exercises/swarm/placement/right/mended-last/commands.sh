docker exec -i dd-quay-1 sh <<'END'
docker network create -d overlay --attachable dd-lane
docker service create -d --name dd-watch --mode global --network dd-lane busybox:1.37 sleep 1d
docker service create -d --name dd-archive --endpoint-mode dnsrr --constraint 'node.labels.disk == large' --network dd-lane busybox:1.37 httpd -f -p 8080 -h /etc
docker node update --availability drain dd-quay-3
END
