docker network create dd-watch-net
docker run --detach --name dd-watch-api --network dd-watch-net dd-watch-api:1.0
docker run --detach --name dd-watch-web --network dd-watch-net --publish 127.0.0.1::80 \
    --volume "$PWD/words.conf:/etc/nginx/conf.d/default.conf:ro" nginx:1.26
page="http://$(docker port dd-watch-web 80)/words/orca?watch=2"
curl --silent --retry 9 --retry-all-errors --fail "$page"

# A new version of the API comes. Meanwhile a bell is started, which gets the next free address.
docker rm --force dd-watch-api
docker run --detach --name dd-watch-bell --network dd-watch-net busybox:1.37 sleep 1d
docker run --detach --name dd-watch-api --network dd-watch-net dd-watch-api:1.0
curl --silent "$page"
