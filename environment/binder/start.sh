#!/usr/bin/env bash
# Begins in the container: runs the command that follows, with an Engine that comes up meanwhile and ends with it.
set -euo pipefail

DOCKER_HOST=unix:///tmp/drydock-$(id -u)/own/docker.sock
export DOCKER_HOST
# The command keeps the id of this process. What a subshell leaves belongs to the container's first process.
(drydock engine up --with-process $$ >/tmp/drydock-engine.log 2>&1 &)
python -c 'from graders.workspace import build_workspace, find_workspace; build_workspace(find_workspace())'
exec "$@"
