docker commit dd-recorder dd-recorder:1.0
docker rm --force dd-recorder
docker run -d --name dd-recorder --network dd-mast -e SENSOR=dd-sensor --publish 8000 dd-recorder:1.0
