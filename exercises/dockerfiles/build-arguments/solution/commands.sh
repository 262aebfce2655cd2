docker build --file release.Dockerfile --build-arg VERSION="$VERSION" --tag dd-greeter:release --tag dd-greeter:stable .
docker run --name dd-greeter --env TOKEN="$TOKEN" dd-greeter:release
