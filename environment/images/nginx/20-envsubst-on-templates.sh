#!/bin/sh
# Writes /etc/nginx/templates/**/*.template to conf.d, with the environment's variables filled in.
set -eu

templates=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
suffix=${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}
output=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}
[ -d "$templates" ] || exit 0

# Only variables that are set: $host and the like are nginx's own.
names=$(awk -v filter="${NGINX_ENVSUBST_FILTER:-}" \
    'BEGIN { for (name in ENVIRON) if (name ~ /^[A-Za-z_][A-Za-z0-9_]*$/ && name ~ filter) printf "${%s} ", name }')
find "$templates" -follow -type f -name "*$suffix" | while IFS= read -r template; do
    relative=${template#"$templates"/}
    target=$output/${relative%"$suffix"}
    mkdir -p "$(dirname "$target")"
    envsubst "$names" < "$template" > "$target"
done
