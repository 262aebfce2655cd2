#!/usr/bin/env bash
# The second command: installs what the tests need and runs the standard proof, or with --all the whole one. What
# follows goes to pytest: `bash environment/test.sh --all tests/engines -k dockerfiles/`.
set -euo pipefail
# shellcheck source=environment/packages.sh
source "$(dirname "${BASH_SOURCE[0]}")/packages.sh"

for word in "$@"; do
    case $word in -h | --help)
        say "Usage: bash environment/test.sh [options and files of pytest]" \
            "Installs what the tests need, then checks style, types and texts, then runs the standard proof." \
            "  --all     prove every answer on every path" \
            "  --resume  with --all: leave out what has passed since a file was changed"
        exit 0
        ;;
    esac
done

"$BASH" "$root/environment/python.sh" --tests
lend_docker_group "$root/environment/test.sh" "$@"
"$BASH" "$root/environment/engines/install.sh"
lend_docker_group "$root/environment/test.sh" "$@"
if ! has chromium && ! has google-chrome; then
    need_packages "the browser tests" chromium
fi
offer_image_tools
if has apt-get && ! { has qemu-system-x86_64 && has qemu-img && has mksquashfs && has ss; }; then
    need_packages "the tests of virtual machines" qemu-system-x86 qemu-utils squashfs-tools openssh-client iproute2
fi
# The graders are tried through Podman too, in namespaces of its own.
if has apt-get && ! has podman; then
    need_packages "the tests with Podman" podman netavark aardvark-dns catatonit iproute2
fi

cd "$root"
export PATH=$root/.venv/bin:$PATH
# Thousands of programs begin here; without what Python keeps compiled, nbgrader alone needs three seconds more each time.
unset PYTHONDONTWRITEBYTECODE
drydock images build

failed=()

# check NAME COMMAND…: runs a check; one that fails does not keep the others from running.
check() {
    local name=$1 begun=$SECONDS
    shift
    say "== $name"
    "$@" || failed+=("$name")
    [ $((SECONDS - begun)) -lt 3 ] || say "   ($((SECONDS - begun)) s)"
}

# The files that Drydock ships and means to be good; a start or a wrong answer is broken on purpose.
shipped() {
    find environment exercises/*/*/solution exercises/*/*/scene -type d -name node_modules -prune -o -type f -name "$1" ! -name '*.dockerignore' -print0 2>/dev/null
}

hadolint_all() {
    local files=() file
    while IFS= read -r -d '' file; do files+=("$file"); done < <(shipped '*Dockerfile*')
    hadolint --config environment/hadolint.yaml "${files[@]}"
}

check "ruff check" ruff check
check "ruff format" ruff format --check
check "mypy" mypy
check "import-linter" lint-imports
check "codespell" codespell
# What learners find set up: programs of theirs, without the manners of our own.
check "ruff check of scenes" ruff check --isolated --select E,F,W,I,B --line-length 120 exercises/*/*/scene
check "shellcheck" shellcheck -x .ci/run environment/*.sh environment/*/*.sh environment/engines/sudo exercises/*/*/scene/*.sh
check "hadolint" hadolint_all
# Tests wait for the Engine a quarter of their time: half as many workers again as there are processors, up to four.
processors=$(python -c 'import os; print(len(os.sched_getaffinity(0)))')
workers=$(((processors * 3 + 1) / 2))
# Tests on the machine's own Engine are in one group, since they use the same names as a learner.
check "pytest" pytest -n $((workers < 4 ? workers : 4)) --dist loadgroup "$@"

if [ ${#failed[@]} -gt 0 ]; then
    printf 'Failed: %s\n' "$(IFS=, && echo "${failed[*]}")" >&2
    exit 1
fi
