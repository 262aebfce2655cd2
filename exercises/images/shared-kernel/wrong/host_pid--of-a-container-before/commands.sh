docker run --detach --name dd-guest debian:trixie-slim sleep infinity
pid=$(docker inspect --format '{{.State.Pid}}' dd-guest)
docker restart --time 0 dd-guest

cat > answers.toml <<END
host_kernel = "$(uname -r)"
guest_kernel = "$(docker exec dd-guest uname -r)"
host_pid = "$pid"
pid_namespace = "$(docker exec dd-guest readlink /proc/1/ns/pid)"
END
