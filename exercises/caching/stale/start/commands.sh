REGISTRY=$(docker port dd-shelf 5000)

# What is in the image of last week?
docker run --rm dd-forecast:1.0

# Build dd-forecast:2.0. What is missing here?
docker build --build-arg REGISTRY=$REGISTRY --tag dd-forecast:2.0 .
docker run --rm dd-forecast:2.0
