docker rm --force --volumes dd-tally
docker run --detach --name dd-tally --env TALLY_DATA=/var/lib/tally/data --volume dd-tally-data:/var/lib/tally/data dd-tally:2
docker wait dd-tally
