a=$(docker run --rm dd-horn:1.0 cat /horn/address)
cat > compose.yaml <<END
name: dd-fog
services:
  horn:
    image: dd-horn:1.0
    container_name: dd-horn
    networks: [ fog ]
    depends_on: [ sensor ]
  sensor:
    image: dd-fog:1.0
    container_name: dd-fog
    networks: { fog: { ipv4_address: $a } }
networks:
  fog:
    name: dd-fog-net
    driver_opts: { com.docker.network.bridge.name: dd-fog0 }
    ipam: { config: [ { subnet: "${a%.*}.0/21", gateway: "${a%.*}.9", ip_range: "${a%.*}.128/25" } ] }
END
docker compose up --detach
