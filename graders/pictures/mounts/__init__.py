"""What lies under each path of containers: their image and layer, volumes, folders of the host, memory."""
