docker build --target tests --tag dd-fare:test .
docker build --tag dd-fare:release .
