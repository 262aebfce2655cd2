# As it was found
docker network create dd-clinic
docker run --detach --name dd-clinic-score --network dd-clinic dd-clinic-score:1.0
docker run --detach --name dd-clinic-desk --network dd-clinic --env SCORE=dd-clinic-score --publish 127.0.0.1::80 dd-clinic-desk:1.0

# Somebody of 63 years, with a pressure of 142
curl --silent --retry 9 --retry-all-errors --fail "http://$(docker port dd-clinic-desk 80)/63-142"
