docker run --detach --name dd-tariff --publish 127.0.0.1::80 --volume "$PWD/settings:/harbour:ro" dd-tariff:1.0
