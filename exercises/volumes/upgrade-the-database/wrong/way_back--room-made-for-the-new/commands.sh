docker run --detach --name dd-tally-old --volume dd-tally-data:/var/lib/tally/data dd-tally:1
docker exec dd-tally-old tally dump > rows.txt
docker rm --force --volumes dd-tally-old dd-tally
docker run --rm --volume dd-tally-data:/old busybox:1.37 sh -c 'rm -rf /old/*'
docker run --detach --name dd-tally --volume dd-tally-data:/var/lib/tally dd-tally:2
docker exec --interactive dd-tally tally load < rows.txt
