#!/bin/sh
convert "$@"
echo
