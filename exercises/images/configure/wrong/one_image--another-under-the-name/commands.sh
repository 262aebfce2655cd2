docker create --name dd-oslo-base dd-shop:1.0
docker commit --change "USER $SHOP_UID" dd-oslo-base dd-shop:1.0
docker rm dd-oslo-base
docker run -d --name dd-oslo --env "GREETING=$GREETING" --env CURRENCY=NOK --workdir /srv/oslo -p 127.0.0.1::8000 dd-shop:1.0
docker run -d --name dd-rome --env-file rome.env --workdir /srv/rome -p 127.0.0.1::8000 dd-shop:1.0
