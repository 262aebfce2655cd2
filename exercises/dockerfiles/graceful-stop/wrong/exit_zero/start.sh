#!/bin/sh
mkdir -p /data
export SHOP="${SHOP:-harbour}"
python /app/worker.py &
worker=$!
trap 'kill -TERM "$worker"; wait "$worker"; exit 143' TERM
wait "$worker"
