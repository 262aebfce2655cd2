set -eu
[ -s /run/secrets/token ] || { echo "There is no token: docker build --secret id=token,src=token.txt" >&2; exit 1; }
printf 'Authorization: Bearer %s' "$(cat /run/secrets/token)" > /dev/shm/header
wget -q --header "$(cat /dev/shm/header)" -O catalogue.txt "$STORE/catalogue.txt"
rm /dev/shm/header
