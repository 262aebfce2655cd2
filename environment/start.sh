#!/usr/bin/env bash
# The first command: prepares all that the course needs and opens it in JupyterLab. Run again, it takes seconds.
set -euo pipefail

usage() {
    cat <<'END'
Usage: bash environment/start.sh [options]

Finds a Docker Engine (or installs one), makes the Python environment, prepares the images and your workspace,
and opens JupyterLab on your home page. What you wrote before is kept.

  --prepare        do all but open JupyterLab
  --no-browser     print the address instead of opening a browser
  --workspace DIR  keep your notebooks and answers in DIR
  --port N         let JupyterLab listen on port N
  --help           show this text
END
}

options=()
while [ $# -gt 0 ]; do
    case $1 in
        --prepare | --no-browser) options+=("$1") ;;
        --workspace | --port)
            if [ $# -lt 2 ]; then
                printf 'The option %s needs a value.\nSee: bash environment/start.sh --help\n' "$1" >&2
                exit 2
            fi
            options+=("$1" "$2")
            if [ "$1" = --workspace ]; then workspace=$2; fi
            shift
            ;;
        --workspace=* | --port=*)
            options+=("$1")
            case $1 in --workspace=*) workspace=${1#*=} ;; esac
            ;;
        -h | --help)
            usage
            exit 0
            ;;
        *)
            printf 'There is no option %s.\nSee: bash environment/start.sh --help\n' "$1" >&2
            exit 2
            ;;
    esac
    shift
done

# shellcheck source=environment/packages.sh
source "$(dirname "${BASH_SOURCE[0]}")/packages.sh"

"$BASH" "$root/environment/python.sh"
lend_docker_group "$root/environment/start.sh" ${options[@]+"${options[@]}"}
status=0
"$BASH" "$root/environment/engines/install.sh" || status=$?
if [ "$status" -eq 6 ]; then
    say "There is no Docker Engine here, and none may be installed: Drydock starts one of its own, in a virtual machine." \
        "It ends with JupyterLab, and what is on it with it. To use another later, install it and run this again."
    # JupyterLab takes this process's place.
    DRYDOCK_WORKSPACE=${workspace:-${DRYDOCK_WORKSPACE:-}} "$root/.venv/bin/drydock" engine up --with-process $$
elif [ "$status" -ne 0 ]; then
    exit "$status"
fi
lend_docker_group "$root/environment/start.sh" ${options[@]+"${options[@]}"}
offer_image_tools
exec "$root/.venv/bin/drydock" start ${options[@]+"${options[@]}"}
