#!/bin/sh
# Asks http://ADDRESS:PORT/ from the network of the Engine's machine, and prints what came within two seconds.
docker run --rm --network host busybox:1.37 sh -c '
    end=$(($(date +%s) + 2))
    until wget -q -T 2 -O - "$1" 2>/dev/null; do
        [ "$(date +%s)" -lt "$end" ] || { echo nothing; break; }
        usleep 100000
    done' sh "http://$1:$2/"
