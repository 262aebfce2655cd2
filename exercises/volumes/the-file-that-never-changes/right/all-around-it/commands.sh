# A first try, which showed the old rate after a change.
docker run -d --name dd-tariff -p 127.0.0.1::80 -v "$PWD/settings/tariff.conf:/harbour/tariff.conf" dd-tariff:1.0
docker rm -f dd-tariff
docker run -d --name dd-tariff -p 80 --mount type=bind,src="$PWD",dst=/desk -e TARIFF=/desk/settings/tariff.conf \
    dd-tariff:1.0
