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
    healthcheck:
      test: pg_isready --host 127.0.0.1 --username master
      interval: 1s
      retries: 60
volumes:
  data:
    name: dd-berths-data
    labels:
      backup: nightly
END
docker compose up --detach --wait
docker compose exec -T berths psql --username master harbour <<END
CREATE TABLE berths (berth text PRIMARY KEY, ship varchar(40) NOT NULL);
INSERT INTO berths (ship, berth) VALUES ('$SHIP', '$BERTH');
END
docker compose exec -T berths psql --username master harbour --command 'TABLE berths'
