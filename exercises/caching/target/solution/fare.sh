# fare.sh STOP: what a ticket to this stop of the ferry costs.
price=$(awk -v stop="$1" '$1 == stop { print $2 }' fares.txt)
if [ -z "$price" ]; then
    echo "no such stop: $1" >&2
    exit 1
fi
echo "$1 $price"
