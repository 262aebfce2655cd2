chmod 666 settings/tariff.conf
docker run --detach --name dd-tariff --publish 127.0.0.1::80 \
    --volume "$PWD/settings/tariff.conf:/harbour/tariff.conf" dd-tariff:1.0
