docker run --detach --name dd-tariff --publish 127.0.0.1::80 \
    --volume "$PWD/settings:/settings:ro" --env TARIFF=/settings/tariff.conf dd-tariff:1.0
