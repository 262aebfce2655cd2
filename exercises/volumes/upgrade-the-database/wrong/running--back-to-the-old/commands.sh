docker rm --force --volumes dd-tally
docker run --detach --name dd-tally --volume dd-tally-data:/var/lib/tally/data dd-tally:1
docker exec dd-tally tally dump
