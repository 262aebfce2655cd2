mkdir -p post
docker run --rm --entrypoint cat dd-stranger:1.0 letter.txt > post/found.txt
