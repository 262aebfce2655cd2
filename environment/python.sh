#!/usr/bin/env bash
# Makes .venv at the root from the lock file: `python.sh` for a learner, `python.sh --tests` for the tests too.
set -euo pipefail
# shellcheck source=environment/packages.sh
source "$(dirname "${BASH_SOURCE[0]}")/packages.sh"

venv=$root/.venv
stamp=$venv/installed.txt    # what is installed; written last, so that an interrupted run is seen
unfinished=$venv/unfinished  # there while packages are being installed

# What the stamp holds when .venv is right: this folder, the Python, and all that decides what is installed.
wanted() {
    say "$root"
    "$venv/bin/python" -V
    cat "$root/pyproject.toml" "$root/environment/$1"
}

is_right() {
    [ ! -e "$unfinished" ] && [ -f "$stamp" ] && [ -x "$venv/bin/drydock" ] && wanted "$1" 2>/dev/null | cmp -s - "$stamp"
}

# A Python of at least 3.11 that can make environments, printed; fails where there is none.
find_python() {
    local name
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

install_python() {
    local packages=(python3 python3-venv ca-certificates) version
    if [ "$(uname)" = Darwin ]; then
        fail "There is no Python 3.11 or later on this machine." "Install it, for example with: brew install python"
    elif has apt-get && may_be_root; then
        update_lists
        version=$(candidate python3)
        if [ -n "$version" ] && dpkg --compare-versions "$version" lt 3.11; then
            packages=(python3.11 python3.11-venv ca-certificates)  # Ubuntu 22.04 carries it beside its 3.10
        fi
    fi
    need_packages "Python 3.11 or later" "${packages[@]}"
}

# A setting of pip, empty where nobody made it: a variable goes before what a file says for `install`, and that before
# what it says for all commands. Several values are divided by spaces.
setting() {
    local section found
    for section in :env: install global; do
        if found=$(grep "^$section\.$1=" <<<"$settings"); then
            found=${found#*=}
            found=${found//\'/}
            printf '%s' "${found//\\n/ }"
            return
        fi
    done
}

# Installs a lock by uv, which takes a tenth of the time. It knows nothing of pip's settings, so it is told those that say
# where packages are. pip itself, where uv cannot be had or has no luck: then its log says what is wrong.
install_packages() {
    local pip=("$venv/bin/python" -m pip --disable-pip-version-check) settings
    settings=$("${pip[@]}" config list)
    local options=(--python "$venv/bin/python" --require-hashes --index-strategy unsafe-best-match -r "$1") value
    local environment=() index links
    value=$(setting index-url) && [ -n "$value" ] && options+=(--default-index "$value")
    case $(setting no-index) in 1 | [Tt]rue | [Yy]es | on) options+=(--no-index) ;; esac
    for index in $(setting extra-index-url); do options+=(--index "$index"); done
    for links in $(setting find-links); do options+=(--find-links "$links"); done
    value=$(setting cert) && [ -n "$value" ] && environment+=("SSL_CERT_FILE=$value")
    value=$(setting proxy) && [ -n "$value" ] && environment+=("ALL_PROXY=$value")
    # Hashes decide what is installed, wherever it comes from.
    { "${pip[@]}" install --no-input --require-hashes -r "$root/environment/installer.lock" &&
        env ${environment[@]+"${environment[@]}"} "$venv/bin/uv" --no-config pip install "${options[@]}"; } ||
        "${pip[@]}" install --no-input --require-hashes -r "$1"
}

make_environment() {
    local lock=$root/environment/$1 python
    # A .venv that was moved, interrupted, or whose Python went away or changed is made anew; any other is kept.
    if [ -e "$unfinished" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1 ||
        { [ -f "$stamp" ] && ! cmp -s <(wanted "$1" | head -n 2) <(head -n 2 "$stamp"); }; then
        if ! python=$(find_python); then
            install_python
            python=$(find_python) || fail "There is no Python 3.11 or later that can make environments (module venv)." \
                "Install the packages python3 and python3-venv, then run this again."
        fi
        step python "Making the Python environment (about 5 s)" "$python" -m venv --clear "$venv" ||
            fail "The Python environment could not be made." "Mend what the log says above, then run this again."
    fi
    touch "$unfinished"
    rm -f "$stamp"
    step python "Installing $(grep -c '^[a-z]' "$lock") Python packages" install_packages "$lock" ||
        fail "The Python packages could not be installed." \
            "See that this machine reaches its package index (\`pip config list\`), then run this again."
    step python "Installing Drydock itself" "$venv/bin/python" -m pip install --disable-pip-version-check --no-input \
        --no-index --no-deps --no-build-isolation -e "$root" ||
        fail "Drydock itself could not be installed." "The log above says why."
    wanted "$1" >"$stamp"
    rm -f "$unfinished"
}

lock_file=requirements.lock
[ "${1:-}" = --tests ] && lock_file=requirements-test.lock

main() {
    # What the tests need includes what a learner needs.
    is_right "$lock_file" || is_right requirements-test.lock || make_environment "$lock_file"
}

mkdir -p "$root/build" 2>/dev/null ||
    fail "This user may not write in $root." "Copy the folder to a place of your own, or change its owner: chown -R $(id -un) '$root'"
if has flock; then
    # Two runs at once: the second waits, and then finds everything done.
    {
        flock -n 9 || { say "Another run is making the Python environment; waiting for it." && flock 9; }
        main
    } 9>"$root/build/python.lock"
else
    main
fi
