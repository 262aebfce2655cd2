# Brings each dispute about, and writes down what came of it.
# shellcheck disable=SC2016  # what stands in the list is to be found there as it is
try=$(mktemp -d)
docker run --rm dd-disputes:1.0 >"$try/list"
while IFS=: read -r number told; do
    places=${told%%;*}
    rm -f "$try"/*.env "$try/.env"
    options=() typed=() shell=() from=busybox:1.37 files='[]' variables='{}'
    case $told in
        *'NAME: ${NAME}'*) variables='{NAME: "${NAME}"}' ;;
        *'NAME: with nothing'*) variables='{NAME: }' ;;
    esac
    case $places in *'ENV of the image'*) from=dd-disputes:1.0 ;; esac
    case $places in *env_file*) files='[own.env]'; echo NAME=env_file >"$try/own.env" ;; esac
    case $places in *environment*) variables='{NAME: environment}' ;; esac
    case $places in *shell*) shell=(NAME=shell) ;; esac
    case $places in *.env*) echo NAME=.env >"$try/.env" ;; esac
    case $places in *--env-file*) options=(--env-file named.env); echo NAME=--env-file >"$try/named.env" ;; esac
    case $places in *'run -e'*) typed=(-e NAME=run) ;; esac
    echo "services: {it: {image: '$from', network_mode: none, env_file: $files, environment: $variables}}" >"$try/compose.yaml"
    value=$(cd "$try" && env "${shell[@]}" docker compose "${options[@]}" run --rm -T "${typed[@]}" it printenv NAME </dev/null)
    echo "dispute-$number = \"$value\""
done <"$try/list" >answers.toml
rm -rf "$try"
cat answers.toml
