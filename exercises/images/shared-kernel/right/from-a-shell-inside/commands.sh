docker run -dit --name dd-guest debian:trixie-slim
namespace=$(docker exec dd-guest sh -c 'readlink /proc/self/ns/pid')
printf 'host_kernel = "%s"\nguest_kernel = "%s"\nhost_pid = %s\npid_namespace = "%s"\n' \
    "$(uname --kernel-release)" "$(docker exec dd-guest uname -r)" \
    "$(docker inspect dd-guest | jq .[0].State.Pid)" "${namespace//[^0-9]/}" > answers.toml
