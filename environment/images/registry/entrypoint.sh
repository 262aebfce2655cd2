#!/bin/sh
# A configuration file alone means `registry serve`; the registry's own commands may be given without its name.
set -eu

case "$1" in
*.yaml | *.yml) set -- registry serve "$@" ;;
serve | garbage-collect | help | -*) set -- registry "$@" ;;
esac
exec "$@"
