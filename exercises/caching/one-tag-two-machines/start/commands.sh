REGISTRY=$(docker port dd-quay 5000)
echo "The registry listens on $REGISTRY"

# Build for both platforms, and push them under one tag, $REGISTRY/dd-beacon:1.0
