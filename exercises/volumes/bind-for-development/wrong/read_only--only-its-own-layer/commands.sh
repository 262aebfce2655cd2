docker run --detach --name dd-board --publish 127.0.0.1::80 --read-only \
    --volume "$PWD/dd-notices:/srv" busybox:1.37 httpd -f -h /srv
