docker run --detach --name dd-station dd-station:1.0
