cat > compose.yaml <<'END'
name: harbour
services:
  berths:
    image: postgres:17
    container_name: dd-berths
    environment:
      POSTGRES_USER: master
      POSTGRES_PASSWORD: harbour
      POSTGRES_DB: harbour
    volumes:
      - data:/var/lib/postgresql/data
volumes:
  data:
    name: dd-berths-data
    labels:
      backup: nightly
END
docker compose up --detach
docker compose exec -T berths timeout 40 sh -c 'until pg_isready --quiet --host 127.0.0.1 --username master; do sleep 0.2; done'
docker compose exec -T berths psql --username master harbour <<END
CREATE TABLE berths (berth text PRIMARY KEY, ship varchar(40) NOT NULL);
INSERT INTO berths (ship, berth) VALUES ('$SHIP', '$BERTH');
END
docker compose exec -T berths psql --username master harbour --command 'TABLE berths'
