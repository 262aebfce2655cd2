docker run --rm --user 0 --entrypoint tar dd-stranger:1.0 -czf - -C / srv/letter > letter.tar.gz
