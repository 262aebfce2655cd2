# Run nginx:1.26 in the background as dd-web, published on a free port of 127.0.0.1.
