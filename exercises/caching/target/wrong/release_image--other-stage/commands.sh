docker build --target test --tag dd-fare:test --tag dd-fare:release .
