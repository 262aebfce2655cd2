# Ask the old version for its rows, once more.
docker run --detach --name dd-tally-old --volume dd-tally-data:/var/lib/tally/data dd-tally:1
docker exec dd-tally-old tally dump > rows.txt
docker rm --force --volumes dd-tally-old

# The new one, with a volume at the path where it keeps its rows.
docker rm --force --volumes dd-tally
docker run --detach --name dd-tally --volume dd-tally-new:/var/lib/tally dd-tally:2
docker exec --interactive dd-tally tally load < rows.txt
