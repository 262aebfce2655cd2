docker build -f release.Dockerfile --build-arg VERSION=$VERSION -t dd-greeter:release -t dd-greeter:stable .
docker run --name dd-greeter -e TOKEN=$TOKEN dd-greeter:release
