file=$(mktemp)
echo "TOKEN=$TOKEN" > "$file"
docker build -t dd-greeter:stable --build-arg "VERSION=$VERSION" -f release.Dockerfile .
docker build -t dd-greeter:release --build-arg "VERSION=$VERSION" -f release.Dockerfile .
docker run -d --name dd-greeter --env-file "$file" dd-greeter:release
docker wait dd-greeter
rm "$file"
