docker run --detach --name dd-oslo --env "GREETING=$GREETING" --env CURRENCY=NOK --workdir /srv/oslo --user $SHOP_UID --publish 8000 dd-shop:1.0
docker run --detach --name dd-rome --env-file rome.env --workdir /srv/rome --user $SHOP_UID --publish 127.0.0.1::8000 dd-shop:1.0
