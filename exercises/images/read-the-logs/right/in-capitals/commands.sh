# Which one failed? The one that has ended, and not with code 0.
failed=$(docker ps --all --filter name=dd-job- --filter status=exited --format '{{.Names}} {{.Status}}' | grep -v 'Exited (0)' | cut -d ' ' -f 1)

# Standard error alone, with the time of each line. There are three bursts; the second is the one.
docker logs --timestamps "$failed" 2>&1 >/dev/null | grep token
token=$(docker logs "$failed" 2>&1 >/dev/null | grep token | sed -n 2p | cut -d ' ' -f 2)

echo "token = \"$token\"" > answers.toml

tr a-f A-F < answers.toml | sed s/^tokEn/token/I > upper.toml; mv upper.toml answers.toml
