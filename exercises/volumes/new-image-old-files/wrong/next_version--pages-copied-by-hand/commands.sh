docker run --rm --user 0 -v dd-notices-www:/to dd-notices:2 sh -c "cp /srv/www/*.html /to"
