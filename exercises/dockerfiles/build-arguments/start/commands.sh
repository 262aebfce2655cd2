# Build release.Dockerfile with the version $VERSION, as dd-greeter:release and dd-greeter:stable.

# Run it once, as dd-greeter, with $TOKEN in its environment.
