# shellcheck shell=bash
# Sourced by the scripts beside it: sentences for people, steps with a log, and the distribution's packages.
# Needs bash 3.2 (macOS) and, for packages, apt.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
logs=$root/build/logs

say() { printf '%s\n' "$@"; }

# fail WHAT REMEDY: what happened and what to do, one sentence each.
fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# step LOG SENTENCE COMMAND…: runs a command that takes a while; its output goes into the log, whose end is shown on failure.
step() {
    local log=$logs/$1.log sentence=$2 begun=$SECONDS
    shift 2
    mkdir -p "$logs"
    say "$sentence …"
    printf '\n== %s: %s\n' "$sentence" "$*" >>"$log"
    if "$@" >>"$log" 2>&1 </dev/null; then
        say "  done in $((SECONDS - begun)) s"
    else
        tail -n 15 "$log" >&2
        printf 'It did not succeed: %s. The whole log: %s\n' "$sentence" "$log" >&2
        return 1
    fi
}

# Tells whether commands may run as root; sudo asks for the password here, once, if a person is there to answer.
may_be_root() {
    [ "$(id -u)" -eq 0 ] && return
    has sudo || return
    sudo -n true 2>/dev/null || { [ -t 0 ] && say "Installing packages needs the rights of root." && sudo -v; }
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo --preserve-env=http_proxy,https_proxy,no_proxy "$@"; fi
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l \
        apt-get -y -q -o DPkg::Lock::Timeout=300 -o APT::Install-Recommends=false "$@"
}

# Reads apt's package lists. A source of others that fails is no reason to stop: whether the packages can be had is seen
# when they are asked for.
read_lists() {
    step apt "Reading the distribution's package lists (about 10 s)" apt_get update || true
    export DRYDOCK_LISTS_READ=yes
}

# The same, once a run.
update_lists() { [ "${DRYDOCK_LISTS_READ:-}" = yes ] || read_lists; }

# candidate PACKAGE: the version that apt would install, empty where there is none.
candidate() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p' | grep -vxF '(none)' || true; }

# need_packages FOR PACKAGE…: installs packages, or says what to ask for.
need_packages() {
    local what=$1
    shift
    has apt-get || fail "For $what the packages $* are needed, and this machine has no apt-get." \
        "Install them in this system's own way, then run this again."
    may_be_root || fail "For $what the packages $* are needed, and this user may not install them." \
        "Ask someone with the rights of root to run: apt-get update && apt-get install --no-install-recommends $*"
    update_lists
    step apt "Installing for $what (up to a minute): $*" apt_get install "$@" ||
        fail "The packages could not be installed." "Mend what apt says above, then run this again."
}

# Where no registry can be reached, images are made from Debian's packages, which takes mmdebstrap. It is small, so it is
# installed wherever that asks nothing of anybody; elsewhere Drydock says so when it is needed.
offer_image_tools() {
    if has mmdebstrap || ! has apt-get || ! grep -qx 'ID=debian' /etc/os-release; then return; fi
    if [ "$(id -u)" -eq 0 ] || { has sudo && sudo -n true 2>/dev/null; }; then
        need_packages "images without a registry" mmdebstrap debian-archive-keyring uidmap
    fi
}

# lend_docker_group SCRIPT ARGUMENT…: someone who has just joined the group docker is in it from the next login on; until
# then sg lends it. Runs the script anew with it, or returns where that is not needed.
lend_docker_group() {
    local socket=/var/run/docker.sock word command='' me
    me=$(id -un)
    if [ -n "${DOCKER_HOST:-}${DRYDOCK_GROUP_LENT:-}" ] || [ ! -S "$socket" ] || [ -w "$socket" ] || ! has sg; then return; fi
    if id -nG | grep -qw docker || ! id -nG "$me" | grep -qw docker; then return; fi
    for word in "$BASH" "$@"; do command+="'${word//\'/\'\\\'\'}' "; done
    export DRYDOCK_GROUP_LENT=yes
    exec sg docker -c "exec $command"
}
