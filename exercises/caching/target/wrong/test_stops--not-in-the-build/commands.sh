docker build --target test --tag dd-fare:test .
docker run --rm dd-fare:test && docker build --tag dd-fare:release .
