docker run --detach --init --name dd-guest debian:trixie-slim sleep infinity

cat > answers.toml <<END
host_kernel = "$(uname -r)"
guest_kernel = "$(docker exec dd-guest uname -r)"
host_pid = $(docker inspect --format '{{.State.Pid}}' dd-guest)
pid_namespace = "$(docker exec dd-guest readlink /proc/1/ns/pid)"
END
cat answers.toml

# The same process, seen from the machine: one process among all others.
ps -o pid,ppid,user,args -p "$(docker inspect --format '{{.State.Pid}}' dd-guest)"
