docker volume create --opt type=none --opt o=bind --opt "device=$PWD/settings" dd-tariff-settings
docker run --detach --name dd-tariff --publish 127.0.0.1::80 --volume dd-tariff-settings:/mnt/settings dd-tariff:1.0
docker exec dd-tariff ln -sf /mnt/settings/tariff.conf /harbour/tariff.conf
