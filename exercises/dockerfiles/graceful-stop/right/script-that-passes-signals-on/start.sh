#!/bin/sh
mkdir -p /data
export SHOP="${SHOP:-harbour}"
python /app/worker.py &
worker=$!
trap 'kill -TERM "$worker"' TERM
# The first wait ends when the signal comes, the second when the worker has ended.
wait "$worker"
wait "$worker"
