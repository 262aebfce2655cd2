#!/bin/sh
# Options or a configuration file alone mean redis-server; as root, the server runs as the user redis.
set -eu

case "${1:-}" in
-* | *.conf) set -- redis-server "$@" ;;
esac

if [ "${1:-}" = redis-server ]; then
    if [ "$(id -u)" = 0 ]; then
        find . \! -user redis -exec chown redis '{}' +
        exec setpriv --reuid=redis --regid=redis --init-groups "$0" "$@"
    fi
    shift
    # The network is the container's own, so other containers may connect without a password.
    # Options given later on the command line win over this one; so does a configuration file that speaks of it.
    case "${1:-}" in
    -v | --version | -h | --help | --test-memory | --check-system) set -- redis-server "$@" ;;
    '' | -*) set -- redis-server --protected-mode no "$@" ;;
    *)
        file=$1
        shift
        if grep -q '^[[:space:]]*protected-mode' "$file"; then
            set -- redis-server "$file" "$@"
        else
            set -- redis-server "$file" --protected-mode no "$@"
        fi
        ;;
    esac
fi
exec "$@"
