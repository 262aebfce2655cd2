docker run --detach --name dd-tally-old --volume dd-tally-data:/var/lib/tally/data dd-tally:1
docker exec dd-tally-old tally dump > rows.txt
docker rm --force dd-tally-old dd-tally
docker volume ls --quiet --filter dangling=true | grep -E '^[0-9a-f]{64}$' | xargs docker volume rm
docker run --detach --name dd-tally --volume dd-tally-new:/var/lib/tally dd-tally:2
docker exec dd-tally tally load < rows.txt
