# Made without the volume, and then made again with it
docker run -d --name dd-berths -e POSTGRES_PASSWORD=harbour postgres:17
docker exec dd-berths timeout 40 sh -c 'until pg_isready --quiet --host 127.0.0.1 --username postgres; do sleep 0.2; done'
docker exec dd-berths psql --username postgres --command "CREATE TABLE berths (ship text, berth integer)"
docker exec dd-berths psql --username postgres --command "INSERT INTO berths VALUES ('$SHIP', $BERTH)"
docker rm -f -v dd-berths
docker volume create --label backup=nightly dd-berths-data
docker run -d --name dd-berths -e POSTGRES_PASSWORD=harbour -v dd-berths-data:/var/lib/postgresql/data postgres:17
docker exec dd-berths timeout 40 sh -c 'until pg_isready --quiet --host 127.0.0.1 --username postgres; do sleep 0.2; done'
