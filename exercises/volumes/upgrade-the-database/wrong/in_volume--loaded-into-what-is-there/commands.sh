# All rows are there again. Where?
docker run --detach --name dd-tally-old --volume dd-tally-data:/var/lib/tally/data dd-tally:1
docker exec dd-tally-old tally dump | docker exec --interactive dd-tally tally load
docker rm --force dd-tally-old
