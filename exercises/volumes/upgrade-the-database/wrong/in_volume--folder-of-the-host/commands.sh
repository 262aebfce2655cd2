docker rm --force --volumes dd-tally
docker run --detach --name dd-tally-old --volume dd-tally-data:/var/lib/tally/data dd-tally:1
docker run --detach --name dd-tally --volume "$PWD/dd-tally-new:/var/lib/tally" dd-tally:2
docker exec dd-tally-old tally dump | docker exec --interactive dd-tally tally load
