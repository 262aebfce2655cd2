docker run -d --name dd-guest debian:trixie-slim tail -f /dev/null
pid=$(docker top dd-guest -o pid | tail -n 1 | tr -d ' ')
{
    echo "host_kernel = '$(docker info --format '{{.KernelVersion}}')'"
    echo "guest_kernel = '$(docker exec dd-guest cat /proc/sys/kernel/osrelease)'"
    echo "host_pid = '$pid'"
    echo "pid_namespace = '$(readlink /proc/$pid/ns/pid)'"
} > answers.toml
