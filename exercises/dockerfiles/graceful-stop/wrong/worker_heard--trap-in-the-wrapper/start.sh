#!/bin/sh
mkdir -p /data
export SHOP="${SHOP:-harbour}"
trap 'echo "start.sh: closing"; touch /data/closed; exit 0' TERM
python /app/worker.py &
wait
