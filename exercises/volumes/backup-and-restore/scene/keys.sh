# shellcheck shell=sh
# Beside the database, what the clerk works with: for nobody else to read.
umask 077
mkdir "$DATA/keys"
cd "$DATA/keys" || exit
echo "$KEY" >clerk.key
echo "$SIGNED" >harbour.crt
chmod 644 harbour.crt
chown 1042:1042 . clerk.key
chmod 750 .
# It begins with the first entries of today.
today="SELECT count(*) > 2 FROM ledger WHERE at > now() - interval '1 hour'"
until [ "$(psql --username postgres -Atc "$today")" = t ]; do sleep 0.1; done
