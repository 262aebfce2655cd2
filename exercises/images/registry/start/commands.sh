REGISTRY=$(docker port dd-registry 5000)
echo "The registry listens on $REGISTRY"

# Push version 1.0 as app:stable. Which digest does it have?

# Move app:stable to version 1.1.

# Run dd-stable by the tag, and dd-pinned by the digest of version 1.0.
