docker run --detach --name dd-station --network host dd-station:1.0
