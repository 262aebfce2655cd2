# As PostgreSQL's own image has it since 18: one volume above the folders of all majors, each in a folder of its own.
docker rm --force --volumes dd-tally
docker run --detach --name dd-tally-old --mount type=volume,source=dd-tally-data,target=/var/lib/tally/data,readonly dd-tally:1
docker run --detach --name dd-tally --cap-drop ALL --read-only --restart unless-stopped \
    --mount type=volume,source=dd-tally-data,target=/var/lib/tally dd-tally:2
docker exec dd-tally-old tally dump | docker exec --interactive dd-tally tally load
docker stop dd-tally-old
