printf 'FROM dd-tariff:1.0\nRUN ln -sf /settings/tariff.conf /harbour/tariff.conf\n' \
    | docker build --quiet --tag dd-tariff:2.0 -
docker run --detach --name dd-tariff --publish 127.0.0.1::80 --volume "$PWD/settings:/settings:ro" dd-tariff:2.0
