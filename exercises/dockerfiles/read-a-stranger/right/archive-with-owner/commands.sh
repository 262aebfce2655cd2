docker create --name dd-stranger-look dd-stranger:1.0
docker cp dd-stranger-look:/srv/letter/letter.txt - > letter.tar
docker rm dd-stranger-look
