#!/usr/bin/env bash
# Writes the lock files anew from pyproject.toml and the .in files. Needs uv (`pip install uv`) and a package index.
# With --upgrade every version is chosen anew; without, only what must change does.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# --no-config and the missing index options keep the addresses of the machine's own package index out of the files.
lock=(uv --no-config pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header "$@")
"${lock[@]}" pyproject.toml environment/requirements.in -o environment/requirements.lock
# What both need has one version in both, so that one .venv serves a learner and the tests.
"${lock[@]}" pyproject.toml environment/requirements.in environment/requirements-test.in \
    -c environment/requirements.lock -o environment/requirements-test.lock
# What installs them.
"${lock[@]}" environment/installer.in -o environment/installer.lock
# What the image for Binder has beside that.
"${lock[@]}" environment/binder/requirements.in -c environment/requirements.lock -o environment/binder/requirements.lock
