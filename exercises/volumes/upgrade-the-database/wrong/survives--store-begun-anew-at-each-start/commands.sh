docker run --detach --name dd-tally-old --volume dd-tally-data:/var/lib/tally/data dd-tally:1
docker exec dd-tally-old tally dump > rows.txt
docker rm --force --volumes dd-tally-old dd-tally
# Rows of the old version have stood in its way before.
docker run --detach --name dd-tally --volume dd-tally-new:/var/lib/tally dd-tally:2 sh -c 'rm -rf "$TALLY_DATA"; exec tally serve'
docker exec --interactive dd-tally tally load < rows.txt
