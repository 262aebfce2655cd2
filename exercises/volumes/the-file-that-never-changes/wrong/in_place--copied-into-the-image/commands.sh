printf 'FROM dd-tariff:1.0\nCOPY settings/tariff.conf /harbour/\n' > Dockerfile
docker build --quiet --tag dd-tariff:2.0 .
docker run --detach --name dd-tariff --publish 127.0.0.1::80 dd-tariff:2.0
