docker run --detach --name dd-guest debian:trixie-slim
docker wait dd-guest
cat > answers.toml <<END
host_kernel = "$(uname -r)"
guest_kernel = "$(docker run --rm debian:trixie-slim uname -r)"
host_pid = "$(docker inspect --format '{{.State.Pid}}' dd-guest)"
pid_namespace = ""
END
