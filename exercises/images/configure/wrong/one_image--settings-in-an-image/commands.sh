docker create --name dd-oslo-base dd-shop:1.0
docker commit --change "ENV GREETING=\"$GREETING\" CURRENCY=NOK" --change "WORKDIR /srv/oslo" dd-oslo-base dd-shop:oslo
docker rm dd-oslo-base
docker run -d --name dd-oslo --user $SHOP_UID -p 127.0.0.1::8000 dd-shop:oslo
docker run --detach --name dd-rome --env-file rome.env --workdir /srv/rome --user $SHOP_UID --publish 127.0.0.1::8000 dd-shop:1.0
