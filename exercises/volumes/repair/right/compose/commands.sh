left() {
    for volume in $(docker volume ls --quiet --filter dangling=true | grep -E '^[0-9a-f]{64}$'); do
        docker run --rm -v "$volume":/look:ro busybox:1.37 grep -q ' arrivals ' /look/entries && echo "$volume"
    done
}
docker run --rm -v "$(left)":/old:ro -v dd-arrivals-journal:/new busybox:1.37 cp -a /old/. /new/

docker run --rm -v dd-departures-journal:/old:ro -v dd-departures-disk:/new busybox:1.37 cp -a /old/. /new/

docker rm --force --volumes dd-arrivals dd-departures dd-pilots
cat > compose.yaml << 'END'
name: dd-journals
x-journal: &journal
  image: dd-journal:1.0
  network_mode: none
  init: true
services:
  mend:
    image: busybox:1.37
    user: root
    network_mode: none
    command: chown -R 1042:1042 /journal
    volumes: ["pilots:/journal"]
  arrivals: { <<: *journal, container_name: dd-arrivals, volumes: ["arrivals:/journal"] }
  departures: { <<: *journal, container_name: dd-departures, volumes: ["departures:/journal"] }
  pilots:
    <<: *journal
    container_name: dd-pilots
    volumes: ["pilots:/journal"]
    depends_on: { mend: { condition: service_completed_successfully } }
volumes:
  arrivals: { name: dd-arrivals-journal, external: true }
  departures: { name: dd-departures-disk, external: true }
  pilots: { name: dd-pilots-journal, external: true }
END
docker compose up --detach
docker compose rm --force mend
