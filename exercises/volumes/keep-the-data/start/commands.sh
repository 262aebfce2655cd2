# 1. The volume dd-berths-data, with its label

# 2. The database dd-berths, with its data in this volume

# 3. The table, as soon as the database is ready
docker exec dd-berths timeout 40 sh -c 'until pg_isready --quiet --host 127.0.0.1 --username postgres; do sleep 0.2; done'
docker exec dd-berths psql --username postgres --command "CREATE TABLE berths (ship text, berth integer)"
docker exec dd-berths psql --username postgres --command "INSERT INTO berths VALUES ('$SHIP', $BERTH)"
