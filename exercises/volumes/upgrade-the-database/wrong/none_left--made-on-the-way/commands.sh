docker run --detach --name dd-tally-old --volume dd-tally-data:/var/lib/tally/data dd-tally:1
docker exec dd-tally-old tally dump > rows.txt
docker rm --force --volumes dd-tally-old dd-tally
# Does the new one take them? A first try.
docker run --detach --name dd-tally dd-tally:2
docker exec --interactive dd-tally tally load < rows.txt
docker exec dd-tally tally dump
docker rm --force dd-tally
docker run --detach --name dd-tally --volume dd-tally-new:/var/lib/tally dd-tally:2
docker exec --interactive dd-tally tally load < rows.txt
