docker volume create --driver local --opt type=none --opt o=bind --opt "device=$PWD/dd-notices" dd-notices
docker run --detach --name dd-board --publish 127.0.0.1::80 --volume dd-notices:/usr/share/nginx/html:ro nginx:1.26
