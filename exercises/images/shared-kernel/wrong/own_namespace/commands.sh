docker run --detach --pid host --name dd-guest debian:trixie-slim sleep infinity

cat > answers.toml <<END
host_kernel = "$(uname -r)"
guest_kernel = "$(docker exec dd-guest uname -r)"
host_pid = "$(docker inspect --format '{{.State.Pid}}' dd-guest)"
pid_namespace = "$(docker exec dd-guest readlink /proc/self/ns/pid)"
END
