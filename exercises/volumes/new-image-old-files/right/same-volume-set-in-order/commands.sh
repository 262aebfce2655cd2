docker rm -f dd-notices
docker run --rm --user 0 -v dd-notices-www:/v busybox:1.37 sh -c '
    cd /v && find . -mindepth 1 -maxdepth 1 ! -name uploads -exec rm -rf {} + &&
    cp -a uploads/. . && rm -rf uploads && chown 1042:1042 .'
docker run -d --cap-drop ALL --read-only --name dd-notices -p 127.0.0.1::8080 -v dd-notices-www:/srv/www/uploads dd-notices:2
