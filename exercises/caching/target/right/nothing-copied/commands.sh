export DOCKER_BUILDKIT=1
docker build --target=test -t dd-fare:test .
docker build --target=release -t dd-fare:release .
