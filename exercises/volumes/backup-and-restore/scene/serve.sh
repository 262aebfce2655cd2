# shellcheck shell=bash
# The server of the ledger, and beside it the clerk, who begins again whenever the server was away.
# Without fsync no entry waits for the disk. What a stopped or frozen server has written, its files have all the same.
psql=/usr/lib/postgresql/17/bin/psql
until $psql --no-psqlrc --username postgres --command 'CALL clerk()'; do sleep 0.2; done >/dev/null 2>&1 &
exec docker-entrypoint.sh postgres -c fsync=off -c log_checkpoints=off
