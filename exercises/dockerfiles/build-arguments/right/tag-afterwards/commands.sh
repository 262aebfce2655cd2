export VERSION TOKEN
docker build -q -f release.Dockerfile --build-arg VERSION -t dd-greeter:release .
docker tag dd-greeter:release dd-greeter:stable
docker create --name dd-greeter -e TOKEN dd-greeter:stable
docker start -a dd-greeter
