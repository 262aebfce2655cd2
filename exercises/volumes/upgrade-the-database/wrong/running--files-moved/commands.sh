# The files, where the new one looks.
docker rm --force --volumes dd-tally
docker run --rm --volume dd-tally-data:/old:ro --volume dd-tally-new:/new busybox:1.37 sh -c 'mkdir /new/2 && cp -a /old/. /new/2/'
docker run --detach --name dd-tally --volume dd-tally-new:/var/lib/tally dd-tally:2
docker wait dd-tally
