# Who reaches whom: sh reach.sh FROM TO PORT, three words for each way. It tries from FROM's place.
while [ "$1" ]; do
    if docker compose exec -T "$1" timeout 5 nc -w 2 "$2" "$3" </dev/null >/dev/null 2>&1; then
        echo "$1 -> $2: reached"
    else
        echo "$1 -> $2: not reached"
    fi
    shift 3
done
