#!/bin/sh
mkdir -p /data
export SHOP="${SHOP:-harbour}"
python /app/worker.py &
worker=$!
trap 'kill -TERM "$worker"' TERM
wait "$worker"
exit 0
