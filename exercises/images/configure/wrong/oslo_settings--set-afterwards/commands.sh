docker run --detach --name dd-oslo --env CURRENCY=NOK --workdir /srv/oslo --user $SHOP_UID --publish 127.0.0.1::8000 dd-shop:1.0
docker exec --env "GREETING=$GREETING" dd-oslo env
docker run --detach --name dd-rome --env-file rome.env --workdir /srv/rome --user $SHOP_UID --publish 127.0.0.1::8000 dd-shop:1.0
