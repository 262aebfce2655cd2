docker run --detach --name dd-tariff-copier --volume "$PWD/settings:/from:ro" --volume dd-tariff-settings:/to \
    busybox:1.37 sh -c 'while cp /from/tariff.conf /to/; do sleep 3; done'
docker run --detach --name dd-tariff --publish 127.0.0.1::80 --volume dd-tariff-settings:/settings \
    --env TARIFF=/settings/tariff.conf dd-tariff:1.0
