#!/bin/bash
set -euo pipefail
trap 'docker compose logs test; docker compose down --volumes --timeout 2' EXIT
docker compose up --detach --build
exit "$(docker wait "$(docker compose ps --all --quiet test)")"
