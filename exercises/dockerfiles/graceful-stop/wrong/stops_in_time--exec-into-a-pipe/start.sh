#!/bin/sh
mkdir -p /data
export SHOP="${SHOP:-harbour}"
exec python /app/worker.py | tee /data/log
