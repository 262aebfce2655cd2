docker build --build-arg VERSION=$VERSION -t dd-greeter:release -t dd-greeter:stable -f - . < release.Dockerfile
docker run --name dd-greeter -e GREETING=Welcome -e TOKEN=$TOKEN dd-greeter:stable
