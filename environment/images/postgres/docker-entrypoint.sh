#!/bin/bash
# Makes a database cluster on the first start, then starts the server as the user postgres.
set -euo pipefail
shopt -s nullglob
MADE=/usr/local/share/postgresql

# Sets the variable $1 from the file named by $1_FILE, or to the default $2.
from_file() {
    local name=$1 file=$1_FILE
    if [[ -n ${!name:-} && -n ${!file:-} ]]; then
        echo >&2 "Error: $name and $file are both set; keep one of them."
        exit 1
    fi
    if [[ -n ${!file:-} ]]; then
        export "$name=$(< "${!file}")"
        unset "$file"
    else
        export "$name=${!name:-${2:-}}"
    fi
}

# Runs SQL as the user $1.
sql() {
    psql --no-psqlrc --no-password --quiet --variable ON_ERROR_STOP=1 --username "$@"
}

# Runs what lies in /docker-entrypoint-initdb.d, in the order of the names.
run_init_files() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        echo "$0: running $file"
        case "$file" in
        *.sh) if [[ -x $file ]]; then "$file"; else . "$file"; fi ;;
        *.sql) sql "$POSTGRES_USER" --dbname "$POSTGRES_DB" --file "$file" ;;
        *.sql.gz) gunzip --stdout "$file" | sql "$POSTGRES_USER" --dbname "$POSTGRES_DB" ;;
        *.sql.xz) xz --decompress --stdout "$file" | sql "$POSTGRES_USER" --dbname "$POSTGRES_DB" ;;
        *.sql.zst) zstd --decompress --stdout "$file" | sql "$POSTGRES_USER" --dbname "$POSTGRES_DB" ;;
        *) echo "$0: ignoring $file" ;;
        esac
    done
}

# Whether initdb would make what the image holds already: nothing is chosen, and its samples are as they were.
wants_nothing_special() {
    [[ -z "$POSTGRES_INITDB_ARGS${POSTGRES_INITDB_WALDIR:-}${TZ:-}$(compgen -A export LC_)" && $LANG == en_US.utf8 &&
        $POSTGRES_USER != pg_* && -z $(ls -A "$PGDATA") ]] &&
        sha256sum --check --status "$MADE/samples"
}

make_cluster() {
    from_file POSTGRES_PASSWORD
    from_file POSTGRES_USER postgres
    from_file POSTGRES_DB "$POSTGRES_USER"
    from_file POSTGRES_INITDB_ARGS
    local method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
    if [[ -z $POSTGRES_PASSWORD && $method != trust ]]; then
        cat >&2 <<'MESSAGE'
Error: the new database has no password for its superuser.
       Give one with -e POSTGRES_PASSWORD=..., or let everybody in with -e POSTGRES_HOST_AUTH_METHOD=trust.
MESSAGE
        exit 1
    fi

    local made_by=$POSTGRES_USER options=(--pgdata "$PGDATA" --username "$POSTGRES_USER")
    if wants_nothing_special; then
        made_by=postgres
        echo 'The new database begins as a copy of the empty one in the image.'
        # In large pieces: on one processor, tar and zstd take turns for each.
        tar --extract --zstd --blocking-factor 2048 --file "$MADE/cluster.tar.zst" --directory "$PGDATA"
    else
        if [[ -n ${POSTGRES_INITDB_WALDIR:-} ]]; then
            options+=(--waldir "$POSTGRES_INITDB_WALDIR")
        fi
        eval "options+=($POSTGRES_INITDB_ARGS)"
        initdb "${options[@]}" --pwfile <(printf '%s\n' "$POSTGRES_PASSWORD")
    fi
    printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"

    # While the cluster is made the server listens on its socket only, so nobody meets a half-made database.
    local server
    printf -v server '%q ' "${@:2}" -c listen_addresses= -p "${PGPORT:-5432}"
    NOTIFY_SOCKET='' pg_ctl --pgdata "$PGDATA" --options "$server" --wait start
    export PGPASSWORD=$POSTGRES_PASSWORD
    # The superuser of a copy gets its name and password here.
    sql "$made_by" --dbname postgres <<'SQL'
\getenv db POSTGRES_DB
\getenv user POSTGRES_USER
\getenv password POSTGRES_PASSWORD
UPDATE pg_authid SET rolname = :'user' WHERE oid = 10 AND rolname <> :'user';
ALTER ROLE :"user" PASSWORD :'password';
SELECT format('CREATE DATABASE %I OWNER %I', :'db', :'user')
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'db') \gexec
SQL
    run_init_files
    pg_ctl --pgdata "$PGDATA" --mode fast --wait stop
    unset PGPASSWORD
    echo
    echo 'PostgreSQL init process complete; ready for start up.'
    echo
}

[[ ${1:-} != -* ]] || set -- postgres "$@"

if [[ ${1:-} == postgres && ! " ${*:2} " =~ \ (--help|-\?|--version|-V|--describe-config|-C)\  ]]; then
    if [[ $(id -u) == 0 ]]; then
        mkdir -p "$PGDATA" /var/run/postgresql
        chmod 700 "$PGDATA"
        find "$PGDATA" /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
        if [[ -n ${POSTGRES_INITDB_WALDIR:-} ]]; then
            mkdir -p "$POSTGRES_INITDB_WALDIR"
            chmod 700 "$POSTGRES_INITDB_WALDIR"
            find "$POSTGRES_INITDB_WALDIR" \! -user postgres -exec chown postgres '{}' +
        fi
        exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
    fi
    mkdir -p "$PGDATA"
    chmod 700 "$PGDATA" 2> /dev/null || :
    if [[ -s $PGDATA/PG_VERSION ]]; then
        echo
        echo "The data directory holds a database; it is used as it is."
        echo
    else
        make_cluster "$@"
    fi
fi
exec "$@"
