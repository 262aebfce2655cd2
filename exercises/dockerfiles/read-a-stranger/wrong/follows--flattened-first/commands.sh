docker create --name dd-stranger-look dd-stranger:1.0
docker export dd-stranger-look | docker import - old-letter:1
docker rm dd-stranger-look
