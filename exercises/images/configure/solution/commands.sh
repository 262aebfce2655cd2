docker run --detach --name dd-oslo --publish 127.0.0.1::8000 \
    --env "GREETING=$GREETING" --env CURRENCY=NOK --workdir /srv/oslo --user "$SHOP_UID" dd-shop:1.0

docker run --detach --name dd-rome --publish 127.0.0.1::8000 \
    --env-file rome.env --workdir /srv/rome --user "$SHOP_UID" dd-shop:1.0

for shop in dd-oslo dd-rome; do
    curl --silent --retry 5 --retry-all-errors "$(docker port $shop 8000)"
done
