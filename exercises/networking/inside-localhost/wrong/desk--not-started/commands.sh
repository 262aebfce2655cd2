docker build --quiet --tag dd-tide-desk:1.0 .
