# Prints the greeting, the version and a signature. It needs the secret TOKEN.
if [ -z "$TOKEN" ]; then
    echo "greet.sh: TOKEN is not set" >&2
    exit 3
fi
echo "$GREETING! This is version $(cat /app/version.txt)."
echo "signed $(printf '%s' "$GREETING $TOKEN" | sha256sum | cut -c 1-16)"
