docker build --tag dd-fare:test --tag dd-fare:release .
