# shellcheck shell=sh
# Who reaches whom: matrix.sh CONTAINER:PORT… tries each way from the network of each container, by name.
# A container that joins that network does it, so nothing has to be in the container itself.
for from in "$@"; do
    docker run --rm -i --network "container:${from%:*}" busybox:1.37 sh -s "$from" "$@" <<'END'
from=$1
shift
for to; do
    [ "$to" != "$from" ] || continue
    said=$(timeout 2 wget -q -O /dev/null "http://$to/" 2>&1) || code=$?
    case "${code:-0} $said" in
        *'bad address'*) seen='unknown' ;;
        *"can't connect"*) seen='refused' ;;
        '124 '* | '143 '*) seen='no answer' ;;
        *) seen='reached' ;;
    esac
    echo "$(echo "${from%:*}" | cut -c 9-) -> $(echo "${to%:*}" | cut -c 9-): $seen"
    code=0
done
END
done
