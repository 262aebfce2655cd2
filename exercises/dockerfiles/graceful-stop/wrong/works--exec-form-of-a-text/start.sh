#!/bin/sh
# Sets up what the worker needs, and starts it.
mkdir -p /data
export SHOP="${SHOP:-harbour}"
python /app/worker.py
echo "start.sh: the worker has ended"
