#!/bin/sh
[ $# -gt 0 ] || set -- --help
exec convert "$1" "$2"
