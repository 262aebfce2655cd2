PORT=$(docker port dd-registry 5000 | cut -d : -f 2)
R=localhost:$PORT
for v in 1.0 1.1; do
    docker tag dd-app:$v $R/app:$v
    docker push -q $R/app:$v
    docker tag dd-app:$v $R/app:stable
    docker push -q $R/app:stable
done
d=$(docker image inspect dd-app:1.0 | jq -r ".[0].RepoDigests[0]" | cut -d @ -f 2)
docker pull $R/app:1.0@$d
docker run -d --name dd-pinned $R/app:1.0@$d
docker run -d --name dd-stable $R/app:stable
