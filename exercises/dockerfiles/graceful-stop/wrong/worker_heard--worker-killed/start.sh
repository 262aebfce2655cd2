#!/bin/sh
mkdir -p /data
export SHOP="${SHOP:-harbour}"
python /app/worker.py &
worker=$!
trap 'kill -KILL "$worker"; exit 0' TERM
wait "$worker"
