docker network create --internal dd-clinic-in
docker network create dd-clinic-out

docker run --detach --name dd-clinic-score --network dd-clinic-in dd-clinic-score:1.0
docker run --detach --name dd-clinic-desk --network dd-clinic-out --env SCORE=dd-clinic-score --publish 127.0.0.1::80 dd-clinic-desk:1.0
docker network connect dd-clinic-in dd-clinic-desk

curl --silent --retry 9 --retry-all-errors --fail "http://$(docker port dd-clinic-desk 80)/63-142"
