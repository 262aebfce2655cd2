#!/bin/sh
token() { echo "$SEED $1" | md5sum | cut -c 1-8; }
burst() {
    for line in $(seq "$2"); do echo "request $line served"; done
    echo "slow answer" >&2
    echo "token $(token "out $1")"
    echo "token $(token "err $1")" >&2
}
burst 0 3; sleep 1; burst 1 5; sleep 1; burst 2 2
[ "$END" = stays ] && sleep 86400
exit "$END"
