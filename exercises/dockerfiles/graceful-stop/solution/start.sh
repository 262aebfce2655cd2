#!/bin/sh
# Sets up what the worker needs, and becomes the worker.
mkdir -p /data
export SHOP="${SHOP:-harbour}"
exec python /app/worker.py
