docker run --detach --name dd-guest debian:trixie-slim sleep infinity

cat > answers.toml <<END
host_kernel = "$(uname -r)"
guest_kernel = "$(docker exec dd-guest uname -r)"
host_pid = "$(docker exec dd-guest cat /proc/1/stat | cut -d " " -f 1)"
pid_namespace = "$(docker exec dd-guest readlink /proc/1/ns/pid)"
END
