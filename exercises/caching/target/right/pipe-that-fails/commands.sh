docker build . -t dd-fare:release
docker build . -t dd-fare:test --target=test
