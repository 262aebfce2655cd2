trap 'docker compose down --volumes' EXIT
docker compose up --build --abort-on-container-exit
grep -q 'not ok' tests/try && exit 1
