#!/usr/bin/env bash
# Sees to an Engine: uses the one that is there, starts one that is installed, or installs one (26 or later) from the
# distribution's packages, with buildx and Compose v2. An Engine that runs is left as it is.
set -euo pipefail
# shellcheck source=environment/packages.sh
source "$(dirname "${BASH_SOURCE[0]}")/../packages.sh"

oldest=26
socket=/var/run/docker.sock
engine_log=/var/log/drydock-dockerd.log
mark="# Written by environment/engines/install.sh of Drydock."
sources=/etc/apt/sources.list.d/drydock-engine.sources
preferences=/etc/apt/preferences.d/drydock-engine
me=$(id -un)
take_machine=6 # the exit code that asks for the Engine in a virtual machine

# Says which Engine is found and why. Fails with 1 where one is meant but cannot be used, with 4 where there is none.
find_engine() {
    local python
    for python in "$root/.venv/bin/python" python3; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            (cd "$root" && "$python" -m environment.engines.found)
            return
        fi
    done
    # A machine without Python has no way but docker's own.
    if has docker && timeout 10 docker version --format 'Docker Engine {{.Server.Version}} answers.' 2>/dev/null; then
        return
    elif [ -n "${DOCKER_HOST:-}" ]; then
        say "DOCKER_HOST names the Engine at $DOCKER_HOST, but it does not answer." >&2
        return 1
    fi
    return 4
}

own_engine_answers() { as_root env DOCKER_HOST="unix://$socket" docker version --format . >/dev/null 2>&1; }

has_plugin() { docker "$1" version >/dev/null 2>&1; }

has_compose() { [[ $(docker compose version --short 2>/dev/null) =~ ^v?([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge 2 ]; }

at_least() { [ -n "$1" ] && dpkg --compare-versions "$1" ge "$2"; }

# The packages of the client's two plugins: Docker's own where its client is installed, else the distribution's.
buildx_package() {
    if dpkg -s docker-ce-cli >/dev/null 2>&1; then say docker-buildx-plugin; else say docker-buildx; fi
}

compose_package() {
    if dpkg -s docker-ce-cli >/dev/null 2>&1; then
        say docker-compose-plugin
    elif [ -n "$(candidate docker-compose-v2)" ]; then
        say docker-compose-v2
    else
        say docker-compose
    fi
}

# Debian 12's own Engine is too old and it has no buildx: lets apt take just these packages from Debian 13, from the
# archive that this machine uses already. Everything else keeps its priority.
use_later_suite() {
    local ID='' VERSION_ID='' VERSION_CODENAME='' file site keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -r /etc/os-release ] && source /etc/os-release
    [ "$ID-$VERSION_ID" = debian-12 ] || return 0
    for file in "$preferences" "$sources"; do
        if [ -e "$file" ] && [ "$(head -n 1 "$file")" != "$mark" ]; then
            fail "The Engine's packages come from Debian 13, but $file is there already and someone else wrote it." \
                "Rename it, then run this again."
        fi
    done
    site=$(archive_of "$VERSION_CODENAME")
    [ -n "$site" ] || fail "The archive of Debian 12 is not among this machine's apt sources." \
        "Run \`apt-get update\`, see that it succeeds, then run this again."
    if [ -e "$sources" ] || [ -z "$(archive_of trixie)" ]; then
        # The low priority comes first, so that nothing else is ever taken from Debian 13.
        {
            say "$mark" "Package: *" "Pin: release n=trixie" "Pin-Priority: 50" ""
            say "Package: $*" "Pin: release n=trixie" "Pin-Priority: 600"
        } | write "$preferences"
        {
            say "$mark" "Types: deb" "URIs: $site" "Suites: trixie" "Components: main"
            if [ -r "$keyring" ]; then say "Signed-By: $keyring"; fi
        } | write "$sources"
    else
        say "$mark" "Package: $*" "Pin: release n=trixie" "Pin-Priority: 600" | write "$preferences"
    fi
    read_lists
}

# The address of the archive from which apt has Debian's suite of that name.
archive_of() {
    # shellcheck disable=SC2016 # $(SITE) is apt's own word
    apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' "Codename: $1" | sed -n 1p
}

write() {
    say "Writing $1"
    as_root tee "$1" >/dev/null
}

# Installs what the docker command lacks beside an Engine that runs, and refuses whatever would change that Engine.
complete_client() {
    local missing=() lacks=() plan
    has docker || lacks+=("the docker command")
    has_plugin buildx || lacks+=(buildx)
    has_compose || lacks+=("Compose v2")
    [ ${#lacks[@]} -eq 0 ] && return
    say "There is an Engine, but not: ${lacks[*]}."
    has apt-get || fail "The docker command here lacks: ${lacks[*]}." \
        "Install it in this system's own way (on macOS: brew install docker docker-buildx docker-compose)."
    may_be_root || fail "The docker command here lacks: ${lacks[*]}, and this user may not install packages." \
        "Ask someone with the rights of root to run: bash '$root/environment/engines/install.sh'"
    update_lists
    has docker || missing+=(docker-cli)
    has_plugin buildx || missing+=("$(buildx_package)")
    has_compose || missing+=("$(compose_package)")
    if ! all_can_be_had "${missing[@]}"; then
        use_later_suite "${missing[@]}"
        all_can_be_had "${missing[@]}" || fail "This machine's package archives do not have all of: ${missing[*]} (Compose must be 2 or later)." \
            "Install what is missing by hand, then run this again."
    fi
    plan=$(LC_ALL=C apt_get --simulate install "${missing[@]}")
    if grep -qE '^(Inst|Remv) (docker\.io|docker-ce|containerd|containerd\.io|runc|podman) ' <<<"$plan"; then
        fail "Installing ${missing[*]} would change the Engine that runs." \
            "Install it by hand at a time that suits you: apt-get install ${missing[*]}"
    fi
    need_packages "the docker command" "${missing[@]}"
}

all_can_be_had() {
    local package
    for package in "$@"; do
        case $package in
            docker-compose) at_least "$(candidate "$package")" 2 || return 1 ;;
            docker.io) at_least "$(candidate "$package")" "$oldest" || return 1 ;;
            *) [ -n "$(candidate "$package")" ] || return 1 ;;
        esac
    done
}

install_engine() {
    local packages
    case $(uname) in
        Darwin) fail "There is no Docker Engine on this machine." "Install and start Docker Desktop, OrbStack or Colima, then run this again." ;;
        Linux) ;;
        *) fail "Drydock cannot install a Docker Engine on $(uname)." "Install one, then run this again." ;;
    esac
    if grep -qi microsoft /proc/sys/kernel/osrelease; then
        fail "There is no Docker Engine in this WSL distribution." \
            "Install Docker Desktop for Windows, switch on its WSL integration for this distribution, then run this again."
    fi
    { has apt-get && may_be_root; } || ! machine_runs_here || exit "$take_machine"
    has apt-get || fail "There is no Docker Engine on this machine, and no apt-get to install one with." \
        "Install Docker Engine $oldest or later with buildx and Compose v2 in this system's own way, then run this again."
    may_be_root || fail "There is no Docker Engine on this machine, and $me may not install one." \
        "Ask someone with the rights of root to run: bash '$root/environment/engines/install.sh' && usermod -aG docker $me"
    update_lists
    engine_packages
    if ! all_can_be_had "${packages[@]}"; then
        use_later_suite docker.io docker-cli docker-compose docker-buildx containerd
        engine_packages
        all_can_be_had "${packages[@]}" || fail "This machine's package archives have no Docker Engine $oldest with buildx and Compose v2." \
            "Install one by hand (on Ubuntu, switch on \"universe\" first: add-apt-repository universe), then run this again."
    fi
    need_packages "a Docker Engine" "${packages[@]}"
    if [ "$(id -u)" -ne 0 ]; then
        say "$me joins the group docker, which may use Docker and so has the rights of root through it."
        as_root usermod -aG docker "$me"
    fi
}

# Tells whether all is here that the Engine in a virtual machine needs, which takes no rights.
machine_runs_here() {
    local program
    for program in qemu-system-x86_64 qemu-img ssh docker; do has "$program" || return 1; done
    has_plugin buildx && has_compose
}

# Sets `packages` to what makes an Engine; newer distributions keep the docker command in a package of its own.
engine_packages() {
    packages=(docker.io "$(buildx_package)" "$(compose_package)" iptables ca-certificates)
    if [ -n "$(candidate docker-cli)" ]; then packages+=(docker-cli); fi
    # Without the parser dockerd does not start where the kernel uses AppArmor.
    if [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ]; then packages+=(apparmor); fi
}

# Waits until the Engine answers, at most for a minute; ends early where no dockerd runs.
wait_for_engine() {
    local turn
    for ((turn = 0; turn < 300; turn++)); do
        own_engine_answers && return
        if [ "$turn" -gt 10 ] && ! pidof dockerd >/dev/null; then return 1; fi
        sleep 0.2
    done
    return 1
}

# Control groups of version 1 are one file system for each resource, which systemd or this package mounts. Where one that
# the kernel uses is not mounted, the Engine misses that a container ran out of memory.
mount_cgroups() {
    [ ! -e /sys/fs/cgroup/cgroup.controllers ] && has apt-get || return 0
    has cgroupfs-mount || need_packages "control groups without systemd" cgroupfs-mount
    as_root cgroupfs-mount
}

start_engine() {
    if [ -d /run/systemd/system ]; then
        step engine "Starting Docker" as_root systemctl start docker && wait_for_engine && return
        fail "Docker does not start." "See why: sudo systemctl status docker; sudo journalctl -u docker"
    fi
    if pidof dockerd >/dev/null && wait_for_engine; then return; fi
    mount_cgroups
    # The service may not start where limits cannot be raised, as in a container; dockerd itself then does.
    if [ -x /etc/init.d/docker ] && has service && as_root service docker start >/dev/null 2>&1 && wait_for_engine; then
        return
    fi
    say "Starting Docker without a service, since this system runs none; its log is $engine_log"
    as_root bash -c "setsid dockerd >>'$engine_log' 2>&1 </dev/null &"
    wait_for_engine && return
    as_root tail -n 15 "$engine_log" >&2
    fail "Docker does not start; the end of its log is above." "The whole log: $engine_log"
}

status=0
find_engine || status=$?
case $status in
    0) complete_client ;;
    4)
        has dockerd || install_engine
        may_be_root || ! machine_runs_here || exit "$take_machine"
        may_be_root || fail "A Docker Engine is installed but does not run, and $me may not start it." \
            "Ask someone with the rights of root to run: bash '$root/environment/engines/install.sh'"
        start_engine
        complete_client
        say "Docker Engine $(as_root env DOCKER_HOST="unix://$socket" docker version --format '{{.Server.Version}}') runs."
        ;;
    *)
        if [ -z "${DOCKER_HOST:-}" ] && machine_runs_here; then
            say "Or use the Engine that Drydock brings: \`'$root/.venv/bin/drydock' engine up\`, then run this again."
        fi
        exit 1
        ;;
esac
