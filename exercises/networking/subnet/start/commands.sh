# What the VPN has, and what the horn asks
docker exec dd-fog-vpn ip route
docker run --rm dd-horn:1.0 cat /horn/address

# 1. The network

# 2. The sensor, dd-fog, and the horn, dd-horn

# How far one sees, as the horn says it
docker run --rm --network container:dd-horn busybox:1.37 wget -q -O - localhost:8080
