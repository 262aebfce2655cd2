docker run --rm -t --entrypoint cat dd-stranger:1.0 letter.txt > letter.txt
