docker run --detach --name dd-tariff --publish 127.0.0.1::80 \
    --mount "type=bind,source=$PWD/settings/tariff.conf,target=/harbour/tariff.conf,readonly" dd-tariff:1.0
sed -i 's/12/13/' settings/tariff.conf
docker restart -t 0 dd-tariff
