docker run --detach --name dd-tariff --publish 127.0.0.1::80 \
    --volume "$PWD/settings/tariff.conf:/harbour/tariff.conf:ro" dd-tariff:1.0

sleep 1
curl --silent "http://$(docker port dd-tariff 80)/cgi-bin/price"
