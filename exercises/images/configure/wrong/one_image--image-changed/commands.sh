docker create --name dd-oslo-base dd-shop:1.0
docker commit --change "ENV GREETING=\"$GREETING\" CURRENCY=NOK" dd-oslo-base dd-shop:1.0
docker rm dd-oslo-base
docker run -d --name dd-oslo --user $SHOP_UID --workdir /srv/oslo -p 127.0.0.1::8000 dd-shop:1.0
docker run --detach --name dd-rome --env-file rome.env --workdir /srv/rome --user $SHOP_UID --publish 127.0.0.1::8000 dd-shop:1.0
