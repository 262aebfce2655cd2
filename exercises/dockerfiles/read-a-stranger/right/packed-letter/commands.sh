docker run --rm --user 0 --entrypoint tar dd-stranger:1.0 -czf - letter.txt > letter.tar.gz
