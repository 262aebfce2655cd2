printf "GREETING=%s\nCURRENCY=NOK\n" "$GREETING" > oslo.env
for city in oslo rome; do
    docker run -d --name dd-$city --env-file $city.env -e CITY=$city -w /srv/$city -u $SHOP_UID -p 127.0.0.1::8000 dd-shop:1.0
done
