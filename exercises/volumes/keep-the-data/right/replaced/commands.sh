# A first try without the label, and a nightly exchange
docker run -d --name dd-berths -e POSTGRES_PASSWORD=harbour -v dd-berths-data:/var/lib/postgresql/data postgres:17
docker rm --force --volumes dd-berths
docker volume rm dd-berths-data

docker volume create --label backup=nightly dd-berths-data
docker run -d --name dd-berths -e POSTGRES_PASSWORD=harbour -v dd-berths-data:/var/lib/postgresql/data postgres:17
docker exec dd-berths timeout 40 sh -c 'until pg_isready --quiet --host 127.0.0.1 --username postgres; do sleep 0.2; done'
for i in 1 2; do
    docker exec dd-berths psql -U postgres -c "CREATE TABLE berths (ship text, berth integer)"
    docker exec dd-berths psql -U postgres -c "INSERT INTO berths VALUES ('$SHIP', $BERTH)"
done

docker stop dd-berths
docker rm dd-berths
docker run -d --name dd-berths -e POSTGRES_PASSWORD=harbour -v dd-berths-data:/var/lib/postgresql/data postgres:17
docker exec dd-berths timeout 40 sh -c 'until pg_isready --quiet --host 127.0.0.1 --username postgres; do sleep 0.2; done'
docker exec dd-berths psql -U postgres -c 'TABLE berths'
