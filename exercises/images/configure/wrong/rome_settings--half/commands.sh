docker run --detach --name dd-oslo --env "GREETING=$GREETING" --env CURRENCY=NOK --workdir /srv/oslo --user $SHOP_UID --publish 127.0.0.1::8000 dd-shop:1.0
docker run --detach --name dd-rome -e "GREETING=Buona sera a tutti" -e CURRENCY=EUR --workdir /srv/rome --user $SHOP_UID --publish 127.0.0.1::8000 dd-shop:1.0
