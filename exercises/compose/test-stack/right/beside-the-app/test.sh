#!/bin/bash
set -eu
stack() { docker compose --file compose.yaml --file compose.test.yaml "$@"; }
trap 'stack down --volumes' EXIT
stack up --build --abort-on-container-exit --exit-code-from test
