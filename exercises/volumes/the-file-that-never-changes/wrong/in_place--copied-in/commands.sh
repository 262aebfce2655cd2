docker run --detach --name dd-tariff --publish 127.0.0.1::80 dd-tariff:1.0
docker cp settings/tariff.conf dd-tariff:/harbour/tariff.conf
