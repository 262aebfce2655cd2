# The volume at the new path, and nothing else: it starts, and has no rows.
docker rm --force dd-tally
docker run --detach --name dd-tally --volume dd-tally-data:/var/lib/tally dd-tally:2
docker exec dd-tally tally dump
docker rm --force dd-tally

# With its files copied to where the new one looks, it does not even start.
docker run --rm --volume dd-tally-data:/from:ro --volume dd-tally-new:/to dd-tally:1 sh -c 'mkdir /to/2 && cp -a /from/. /to/2/'
docker run --detach --name dd-tally --volume dd-tally-new:/var/lib/tally dd-tally:2
docker wait dd-tally
docker logs dd-tally
docker rm dd-tally
docker volume rm dd-tally-new

docker run --detach --name dd-tally-old --volume dd-tally-data:/var/lib/tally/data dd-tally:1
docker exec dd-tally-old tally dump > rows.txt
docker rm --force dd-tally-old
docker run --detach --name dd-tally --volume dd-tally-new:/var/lib/tally dd-tally:2
while read -r key value; do docker exec dd-tally tally put "$key" "$value" < /dev/null; done < rows.txt

# Whose are the volumes without a name? Those that a tally has written to, or would have.
for volume in $(docker volume ls --quiet --filter dangling=true | grep -E '^[0-9a-f]{64}$'); do
    if docker run --rm --volume "$volume":/look:ro busybox:1.37 grep -q tally /look/README; then
        docker volume rm "$volume"
    fi
done
