# shellcheck shell=sh
# The harbour's server, and beside it one that only says so.
# Port 4433: its certificate is signed by the company, /ca.crt. Port 4434: signed by a stranger.
mkdir /served && cd /served || exit
echo 'Elbe 1784548800' > arrivals

serve() {
    set -- "$1" "$2" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650
    who=$1 port=$2
    shift 2
    openssl req -x509 "$@" -subj "/CN=The $who" -keyout "/$who.key" -out "/$who.crt"
    openssl req -x509 "$@" -subj /CN=harbour -addext subjectAltName=DNS:harbour -addext basicConstraints=CA:FALSE \
        -CA "/$who.crt" -CAkey "/$who.key" -keyout "/$who-server.key" -out "/$who-server.crt"
    openssl s_server -WWW -accept "$port" -cert "/$who-server.crt" -key "/$who-server.key" > /dev/null &
    until openssl s_client -connect "localhost:$port" < /dev/null > /dev/null 2>&1; do sleep 0.1; done
}

serve stranger 4434
serve ca 4433
echo "The harbour's server is open."
wait
