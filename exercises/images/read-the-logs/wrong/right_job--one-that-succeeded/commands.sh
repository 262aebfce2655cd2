job=$(docker ps --all --filter name=dd-job- --filter exited=0 --format '{{.Names}}' | sort | head -n 1)
token=$(docker logs "$job" 2>&1 >/dev/null | grep token | sed -n 2p | cut -d ' ' -f 2)
echo "token = \"$token\"" > answers.toml
