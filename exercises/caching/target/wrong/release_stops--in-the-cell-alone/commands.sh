docker build --target test --tag dd-fare:test . && docker build --target release --tag dd-fare:release .
