# 1. The store dd-soundings

# 2. The chart dd-chart, with the variable STORE

# A depth, to have something to look at
docker exec dd-soundings redis-cli SET north '12.4 m'
docker run --rm --network container:dd-chart busybox:1.37 wget -q -O - localhost:8080/north
