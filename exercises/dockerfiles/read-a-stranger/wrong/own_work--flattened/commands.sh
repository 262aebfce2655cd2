docker create --name dd-stranger-look dd-stranger:1.0
docker export dd-stranger-look > all.tar
docker rm dd-stranger-look
