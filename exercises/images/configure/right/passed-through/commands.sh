export CURRENCY=NOK
docker run -d --name dd-oslo -e GREETING -e CURRENCY -w /srv/oslo -u $SHOP_UID:$SHOP_UID -p 127.0.0.1::8000 dd-shop:1.0
docker run -d --name dd-rome --env-file rome.env --workdir /srv/rome --user $SHOP_UID --publish 127.0.0.1::8000 dd-shop:1.0
