# 127 and Created: the command was never started. 137 twice: only one of the two had too much to load.
find() { docker ps --all --filter name=dd-case- --filter "$1" --format '{{.Names}}'; }
for name in $(find exited=137); do
    if [ "$(docker inspect --format '{{.State.OOMKilled}}' $name)" = true ]; then oom=$name; else killed=$name; fi
done
cat > answers.toml <<END
$(find exited=0) = 'done'
$(find exited=1) = 'error'
$(docker ps --all --filter name=dd-case- --filter status=created --format '{{.Names}}') = 'not-found'
$oom = 'out-of-memory'
$killed = 'killed'
END
