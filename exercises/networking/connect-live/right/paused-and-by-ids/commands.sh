recorder=$(docker inspect --format '{{.Id}}' dd-recorder)
docker pause "$recorder"
docker network connect --alias barograph "$(docker network inspect --format '{{.Id}}' dd-shore)" "$recorder"
docker unpause "$recorder"
