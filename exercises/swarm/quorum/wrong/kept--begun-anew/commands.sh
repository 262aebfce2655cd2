docker exec -i dd-bridge-1 sh <<'END' >token
docker swarm leave --force >/dev/null
docker swarm init >/dev/null
head -c 24 /dev/urandom | docker secret create dd-key - >/dev/null
head -c 24 /dev/urandom | docker config create dd-chart - >/dev/null
docker service create -d -q --no-resolve-image --name dd-course --replicas 2 --secret dd-key --config dd-chart busybox:1.37 sleep 1d >/dev/null
docker swarm join-token --quiet manager
END
for node in dd-bridge-2 dd-bridge-3; do docker exec $node docker swarm join --token "$(cat token)" dd-bridge-1:2377; done
rm token
