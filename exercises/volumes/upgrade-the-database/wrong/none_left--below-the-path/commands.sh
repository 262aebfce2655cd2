docker run --detach --name dd-tally-old --volume dd-tally-data:/var/lib/tally/data dd-tally:1
docker exec dd-tally-old tally dump > rows.txt
docker rm --force --volumes dd-tally-old dd-tally
# Where the rows lie, and not a folder higher.
docker run --detach --name dd-tally --volume dd-tally-new:/var/lib/tally/2 dd-tally:2
docker exec --interactive dd-tally tally load < rows.txt
