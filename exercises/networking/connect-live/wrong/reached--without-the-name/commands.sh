docker network connect dd-shore dd-recorder
