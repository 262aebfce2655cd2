# The same volume, where the new one looks.
docker rm --force --volumes dd-tally
docker run --detach --name dd-tally --volume dd-tally-data:/var/lib/tally dd-tally:2
