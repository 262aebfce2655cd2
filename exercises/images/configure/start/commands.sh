echo "GREETING=$GREETING SHOP_UID=$SHOP_UID"

# This shop has the settings that the image came with. Give each its own.
docker run --detach --name dd-oslo --publish 127.0.0.1::8000 dd-shop:1.0
docker run --detach --name dd-rome --publish 127.0.0.1::8000 dd-shop:1.0

curl --silent --retry 5 --retry-all-errors "$(docker port dd-oslo 8000)"
