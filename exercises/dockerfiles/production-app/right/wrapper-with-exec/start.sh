#!/bin/sh
echo "start.sh: release of today"
exec harbour --bind "${BIND:-:5000}" app:application
