docker volume create --driver local --label backup=nightly --label owner=harbour dd-berths-data
docker run -d --rm --init --name dd-berths -e POSTGRES_PASSWORD=harbour -e PGDATA=/var/lib/postgresql/books/17 \
    --mount type=volume,source=dd-berths-data,target=/var/lib/postgresql/books postgres:17

docker exec dd-berths timeout 40 sh -c 'until pg_isready --quiet --host 127.0.0.1 --username postgres; do sleep 0.2; done'
docker exec dd-berths psql --username postgres --command "CREATE TABLE berths (ship text, berth integer)"
docker exec dd-berths psql --username postgres --command "INSERT INTO berths VALUES ('$SHIP', $BERTH)"
