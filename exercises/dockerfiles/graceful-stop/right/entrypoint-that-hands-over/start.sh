#!/bin/sh
mkdir -p /data
export SHOP="${SHOP:-harbour}"
exec "$@"
