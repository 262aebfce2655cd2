docker rm -v dd-weigh-old
for volume in $(docker volume ls -q -f dangling=true | grep -v dd-weigh-tickets); do
    cat > compose.yaml <<EOF
services:
  look:
    image: busybox:1.37
    command: cat /look/service
    network_mode: none
    volumes: [ "it:/look:ro" ]
volumes:
  it:
    external: true
    name: $volume
EOF
    [ "$(docker compose -p dd-look run --rm look 2>/dev/null)" != "$SERVICE" ] || docker volume rm $volume
done
