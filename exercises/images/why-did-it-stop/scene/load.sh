#!/bin/sh
sleep 0.5
head -c "$BYTES" /dev/zero | tail -c "$BYTES" > /dev/null || { code=$?; sleep 0.5; exit $code; }
echo loaded; sleep 86400; echo over
