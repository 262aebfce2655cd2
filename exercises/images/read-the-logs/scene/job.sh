#!/bin/sh
token() { echo "$SEED $1" | md5sum | cut -c 1-8; }
# All tokens are made before the first line, and a burst starts no program: it is of one moment, on a busy machine too.
# shellcheck disable=SC2046 # a token is one word
set -- $(for number in 0 1 2; do token "out $number"; token "err $number"; done)
burst() {
    line=0
    while [ $((line += 1)) -le "$1" ]; do echo "request $line served"; done
    echo "slow answer" >&2
    echo "token $2"
    echo "token $3" >&2
}
burst 3 "$1" "$2"; sleep 1; burst 5 "$3" "$4"; sleep 1; burst 2 "$5" "$6"
[ "$END" = stays ] && sleep 86400
exit "$END"
