#!/bin/sh
export SHIFT=early
exec "$@"
