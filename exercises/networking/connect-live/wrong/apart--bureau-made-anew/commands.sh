docker network connect dd-shore dd-recorder
docker cp dd-bureau:/etc/nginx/conf.d/default.conf .
docker rm --force dd-bureau
sed -i 's/barograph/dd-recorder/' default.conf
docker create --name dd-bureau --network dd-shore nginx:1.26
docker cp default.conf dd-bureau:/etc/nginx/conf.d/
docker start dd-bureau
