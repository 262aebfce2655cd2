#!/bin/bash
docker compose up --detach --build --wait && docker compose --profile test run --build --rm test
code=$?
docker compose --profile test down --volumes --remove-orphans --rmi local
exit $code
