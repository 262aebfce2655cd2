#!/bin/sh
# Before nginx starts, runs what lies in /docker-entrypoint.d in order: *.envsh in this shell, *.sh as programs.
set -e

say() {
    [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ] || echo "$0: $1"
}

if [ "$1" = nginx ]; then
    for file in /docker-entrypoint.d/*; do
        case "$file" in
        *.envsh | *.sh)
            if [ ! -x "$file" ]; then
                say "Ignoring $file, which is not executable"
            elif [ "${file%.envsh}" != "$file" ]; then
                say "Sourcing $file"
                . "$file"
            else
                say "Launching $file"
                "$file"
            fi
            ;;
        esac
    done
    say "Configuration complete; ready for start up"
fi
exec "$@"
