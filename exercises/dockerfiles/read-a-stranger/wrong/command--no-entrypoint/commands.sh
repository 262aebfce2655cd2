docker history --no-trunc --format '{{.CreatedBy}}' dd-stranger:1.0
docker image inspect --format '{{json .Config}}' dd-stranger:1.0 | jq .
docker run --rm --entrypoint ls dd-stranger:1.0 -ln
docker create --name dd-stranger-look dd-stranger:1.0
docker cp dd-stranger-look:/srv/letter/letter.txt letter.txt
docker rm dd-stranger-look
