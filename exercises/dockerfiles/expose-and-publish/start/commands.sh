# Build dd-desk:1.0 and start dd-desk from it.

# Let dd-desk-visitor fetch the key from port 9090 of dd-desk, and print it.
