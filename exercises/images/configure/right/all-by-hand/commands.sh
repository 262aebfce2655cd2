docker create --name dd-oslo -e "GREETING=$GREETING" -e CURRENCY=NOK -w /srv/rome/../oslo -u "$SHOP_UID" -p 127.0.0.1:18200-18300:8000 dd-shop:1.0 python /shop/shop.py
docker create --name dd-rome -e GREETING="Buona sera a tutti" -e CURRENCY=EUR -e OPENS=09:30 -e CLOSES=19:45 -e "CLOSED_ON=Sunday and Monday" -w /srv/rome -u "$SHOP_UID:0" -p 127.0.0.1:18200-18300:8000 dd-shop:1.0
docker start dd-oslo dd-rome
